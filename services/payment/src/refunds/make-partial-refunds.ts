// How is a refund of a part made, once it is decided? By the same periodic task as refunds that are
// overdue: the provider is called outside of any transaction under the refund's own idempotency
// key, again and again until it answers, and the event is published before the row is changed.
import { paymentsByOrder } from '../apply.ts'
import { ProviderError } from '../provider/provider.ts'
import type { Refund } from '../provider/provider.ts'
import { claimPartialRefunds, notePartialRefundError, settlePartialRefund } from '../sql/partial-refunds.ts'
import { paymentsOf } from '../sql/stage.ts'
import type { DueRefundOptions, Surroundings } from './due-refund-options.ts'
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
    const refund = await provider.refund(orderId, chargeId, stopping, { traceparent, part })
    // One that knows no refunds of parts may have given back the whole charge: a person has to see.
    if (refund.amountCents !== amountCents) throw new ProviderError('Misconfigured', otherAmount(refund, amountCents))
    return { ...row, status: 'REFUNDED', providerRefundId: refund.refundId }
  } catch (error) {
    if (!(error instanceof ProviderError) || error.reason !== 'Refused') throw error
    // The whole charge went back in between: then nothing of it is left for this part.
    const payments = paymentsByOrder(await database.query(paymentsOf, [[orderId]]))
    if (payments.get(orderId)?.status !== 'REFUNDED') throw error
    return { ...row, status: 'REFUSED', refusal: 'REFUNDED' }
  }
}

function otherAmount({ refundId, amountCents, currency }: Refund, wantedCents: number): string {
  return `refund ${refundId} is of ${amountCents} ${currency} instead of ${wantedCents}`
}
