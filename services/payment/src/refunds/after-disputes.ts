// What is still owed to a customer whose bank has taken money back for good? A refund that waited
// for the dispute would give it back a second time: it is dropped. Of a charge that was disputed in
// part, and whose order was cancelled, the rest goes back as a refund of a part.
import { eventId } from '@orderpipeline/order-events'
import { partialRefundColumns, paymentsByOrder } from '../apply.ts'
import { remainingCents } from '../payments.ts'
import { deleteDue } from '../sql/dues.ts'
import { addPartialRefunds, duesOfLostDisputes, partsOfLostDisputes } from '../sql/partial-refunds.ts'
import { lockPayments } from '../sql/stage.ts'
import type { DueRefundOptions, Surroundings } from './due-refund-options.ts'
import { settlePart } from './make-partial-refunds.ts'
import { partialRefundFrom } from './partial-refunds.ts'
import type { PartialRefundRow } from './partial-refunds.ts'

const atOnce = 50

interface LostDue {
  readonly orderId: string
  readonly chargeId: string
  readonly customerId: string
  readonly lostCents: number
}

/** Returns how many refunds that waited were dropped. @throws DatabaseError, PublishError */
export async function settleLostDisputes(surroundings: Surroundings, options: DueRefundOptions): Promise<number> {
  const { database } = surroundings
  const parts = await database.query<PartialRefundRow>(partsOfLostDisputes, [atOnce])
  for (const row of parts)
    await settlePart({ ...partialRefundFrom(row), status: 'REFUSED', refusal: 'DISPUTED' }, surroundings, options)
  const dues = await database.query<LostDue>(duesOfLostDisputes, [atOnce])
  for (const due of dues) {
    const { orderId, chargeId, lostCents } = due
    options.logger?.warn(
      { orderId, chargeId, lostCents },
      'a refund is dropped: the bank has given the money to the customer',
    )
    await dropDue(due, surroundings)
  }
  return parts.length + dues.length
}

async function dropDue({ orderId, chargeId, customerId, lostCents }: LostDue, { database }: Surroundings) {
  await database.transaction(async (tx) => {
    const payment = paymentsByOrder(await tx.query(lockPayments, [[orderId]])).get(orderId)
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
