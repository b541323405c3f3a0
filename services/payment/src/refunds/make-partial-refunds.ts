// How is a refund of a part made, once it is decided? By the same periodic task as refunds that are
// overdue: the provider is called outside of any transaction under the refund's own idempotency
// key, again and again until it answers, and the event is published before the row is changed.
import { paymentsByOrder } from '../payment-rows.ts'
import { ProviderError } from '../provider/provider.ts'
import type { Refund } from '../provider/provider.ts'
import { claimPartialRefunds, notePartialRefundError, settlePartialRefund } from '../sql/partial-refunds.ts'
import { paymentsOf } from '../sql/stage.ts'
import type { Surroundings } from '../surroundings.ts'
import type { DueRefundOptions } from './due-refund-options.ts'
import { outcomeEvent, partialRefundFrom } from './partial-refunds.ts'
import type { PartialRefund, PartialRefundRow } from './partial-refunds.ts'

const atOnce = 10

type ClaimedRow = PartialRefundRow & { readonly attempts: number }

/** Returns how many were settled. @throws DatabaseError, PublishError */
export async function makePartialRefunds(surroundings: Surroundings, options: DueRefundOptions): Promise<number> {
  const rows = await surroundings.database.query<ClaimedRow>(claimPartialRefunds, [atOnce])
  let settledCount = 0
  for (const { attempts, ...columns } of rows) {
    const row = partialRefundFrom(columns)
    if (surroundings.stopping.aborted) break
    try {
      await settlePart(await outcomeOf(row, surroundings, options), surroundings, options)
      settledCount++
    } catch (error) {
      if (surroundings.stopping.aborted) break
      const { orderId, refundId } = row
      options.logger?.error({ error, orderId, refundId, attempts }, 'a refund of a part failed')
      await surroundings.database.query(notePartialRefundError, [refundId, String(error).slice(0, 500)])
    }
  }
  return settledCount
}

/**
 * Publishes the outcome of a refund that is due, then stores it. @throws DatabaseError,
 * PublishError
 */
export async function settlePart(
  refund: PartialRefund,
  { database, publish }: Pick<Surroundings, 'database' | 'publish'>,
  { now }: Pick<DueRefundOptions, 'now'>,
): Promise<void> {
  const { refundId, status, providerRefundId, refusal, correlationId, traceparent } = refund
  const event = outcomeEvent(refund, { source: '/payment', now: now(), correlationId, traceparent })
  if (event) await publish([event])
  await database.query(settlePartialRefund, [refundId, status, providerRefundId ?? null, refusal ?? null])
}

/** @throws ProviderError: nothing is known of the refund, or a person has to decide */
async function outcomeOf(
  row: PartialRefund,
  { database, stopping }: Surroundings,
  { provider }: DueRefundOptions,
): Promise<PartialRefund> {
  const { orderId, chargeId = '', refundId, amountCents, currency, traceparent } = row
  const part = { refundId, amountCents, currency }
  try {
    return madePart(row, await provider.refund(orderId, chargeId, stopping, { traceparent, part }))
  } catch (error) {
    if (!(error instanceof ProviderError) || error.reason !== 'Refused') throw error
    // The whole charge went back in between: then nothing of it is left for this part.
    const payments = paymentsByOrder(await database.query(paymentsOf, [[orderId]]))
    if (payments.get(orderId)?.status !== 'REFUNDED') throw error
    return { ...row, status: 'REFUSED', refusal: 'REFUNDED' }
  }
}

/**
 * @throws ProviderError where it is of another amount: a provider that knows no refunds of parts
 * may have given back the whole charge, and a person has to see
 */
export function madePart(row: PartialRefund, { refundId, amountCents, currency }: Refund): PartialRefund {
  if (amountCents === row.amountCents) return { ...row, status: 'REFUNDED', providerRefundId: refundId }
  const message = `refund ${refundId} is of ${amountCents} ${currency} instead of ${row.amountCents}`
  throw new ProviderError('Misconfigured', message)
}
