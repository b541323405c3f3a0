// What is still owed to a customer whose bank has taken money back for good? A refund that waited
// for the dispute would give it back a second time: it is dropped, unless the provider has made it
// before the dispute and the answer was lost. Of a charge that was disputed in part, and whose
// order was cancelled, the rest goes back as a refund of a part.
import { eventId } from '@orderpipeline/order-events'
import { partialRefundColumns } from '../apply.ts'
import { lockedPayments } from '../locked-payments.ts'
import { remainingCents } from '../payments.ts'
import { ProviderError } from '../provider/provider.ts'
import { claimDuesOfLostDisputes, deleteDue, noteDueError } from '../sql/dues.ts'
import type { LostDueRow } from '../sql/dues.ts'
import { addPartialRefunds, claimPartsOfLostDisputes, notePartialRefundError } from '../sql/partial-refunds.ts'
import { bookRefund, keyOfDue } from './book-refund.ts'
import type { Surroundings } from '../surroundings.ts'
import type { DueRefundOptions } from './due-refund-options.ts'
import { madePart, settlePart } from './make-partial-refunds.ts'
import { partialRefundFrom } from './partial-refunds.ts'
import type { PartialRefund, PartialRefundRow } from './partial-refunds.ts'

const atOnce = 10

/**
 * Returns how many refunds that waited have come to their end. Without the provider's answer none
 * does. @throws DatabaseError, PublishError
 */
export async function settleLostDisputes(surroundings: Surroundings, options: DueRefundOptions): Promise<number> {
  const { database, stopping } = surroundings
  let settledCount = 0
  for (const row of await database.query<PartialRefundRow>(claimPartsOfLostDisputes, [atOnce])) {
    if (stopping.aborted) return settledCount
    const part = partialRefundFrom(row)
    const outcome = await orNote(partAfterDispute(part, surroundings, options), stopping, async (error) => {
      options.logger?.error({ error, orderId: part.orderId, refundId: part.refundId }, notKnown)
      await database.query(notePartialRefundError, [part.refundId, String(error).slice(0, 500)])
    })
    if (!outcome) continue
    await settlePart(outcome, surroundings, options)
    settledCount++
  }
  for (const due of await database.query<LostDueRow>(claimDuesOfLostDisputes, [atOnce])) {
    if (stopping.aborted) return settledCount
    if (await settleDue(due, surroundings, options)) settledCount++
  }
  return settledCount
}

const notKnown = 'whether a refund was made before a lost dispute is not known; it stays due'

async function partAfterDispute(
  part: PartialRefund,
  { stopping }: Surroundings,
  { provider }: DueRefundOptions,
): Promise<PartialRefund> {
  const { orderId, chargeId = '', refundId, amountCents, currency, traceparent } = part
  const how = { traceparent, part: { refundId, amountCents, currency } }
  const refund = await provider.findRefund(orderId, chargeId, stopping, how)
  return refund ? madePart(part, refund) : { ...part, status: 'REFUSED', refusal: 'DISPUTED' }
}

async function settleDue(due: LostDueRow, surroundings: Surroundings, options: DueRefundOptions): Promise<boolean> {
  const { orderId, chargeId, reason, lostCents } = due
  const { database, stopping } = surroundings
  const key = keyOfDue(reason, chargeId)
  const answer = await orNote(
    options.provider.findRefund(orderId, chargeId, stopping, { key }).then((refund) => ({ refund })),
    stopping,
    async (error) => {
      options.logger?.error({ error, orderId, chargeId }, notKnown)
      await database.query(noteDueError, [orderId, chargeId, String(error).slice(0, 500)])
    },
  )
  if (!answer) return false
  if (answer.refund) {
    await bookRefund(due, answer.refund, surroundings, options)
    return true
  }
  options.logger?.warn(
    { orderId, chargeId, lostCents },
    'a refund is dropped: the bank has given the money to the customer',
  )
  await dropDue(due, surroundings)
  return true
}

/** `undefined`: the provider did not answer, and that was noted, unless we did not wait for it. */
async function orNote<T>(
  answer: Promise<T>,
  stopping: AbortSignal,
  note: (error: ProviderError) => Promise<void>,
): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (stopping.aborted) return undefined
    if (!(error instanceof ProviderError)) throw error
    await note(error)
    return undefined
  }
}

async function dropDue({ orderId, chargeId, customerId, lostCents }: LostDueRow, { database }: Surroundings) {
  await database.transaction(async (tx) => {
    const payment = (await lockedPayments(tx, [orderId])).get(orderId)
    const isCharged = payment?.status === 'CAPTURED' && payment.chargeId === chargeId
    const amountCents = isCharged ? remainingCents(payment) - lostCents : 0
    if (amountCents > 0) {
      const refundId = eventId('PaymentDisputeClosed', orderId, `rest of ${chargeId}`)
      const rest = { refundId, orderId, customerId, chargeId, amountCents, currency: payment?.currency ?? '' }
      tx.send(addPartialRefunds, partialRefundColumns([{ ...rest, status: 'DUE' }]))
    }
    tx.send(deleteDue, [orderId, chargeId])
  })
}
