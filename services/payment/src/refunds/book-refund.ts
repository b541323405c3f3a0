// What is published and stored once a refund that was due is made? The event comes first: a crash
// in between repeats it, under the same id.
import type { Pool } from '@orderpipeline/postgres'
import { writePayments } from '../apply.ts'
import { lockedPayments } from '../locked-payments.ts'
import { refunded, stopped } from '../payments.ts'
import type { Settlement } from '../payments.ts'
import type { Refund } from '../provider/provider.ts'
import { deleteDue } from '../sql/dues.ts'
import type { DueRow } from '../sql/dues.ts'
import type { Surroundings } from '../surroundings.ts'
import type { DueRefundOptions } from './due-refund-options.ts'

/** That of the order's own charge is made of the order id. */
export function keyOfDue(reason: DueRow['reason'], chargeId: string): string | undefined {
  return reason === 'SECOND_CHARGE' ? `refund-${chargeId}` : undefined
}

type DueAbout = Pick<DueRow, 'orderId' | 'chargeId' | 'customerId' | 'reason'>

/**
 * Publishes and stores that a due refund was made; without one, that there is nothing to give back.
 * @throws DatabaseError, PublishError
 */
export async function bookRefund(
  row: DueAbout,
  refund: Refund | undefined,
  { database, publish }: Pick<Surroundings, 'database' | 'publish'>,
  options: Pick<DueRefundOptions, 'now'>,
): Promise<void> {
  const { orderId, customerId } = row
  const second = row.reason === 'SECOND_CHARGE'
  // The order's own payment stays as it is where only the second charge went back.
  const settle = second ? () => undefined : () => settlementOf({ orderId, customerId }, refund, options.now())
  const event = settle()?.event
  if (event) await publish([event])
  await write(database, row, settle()?.payment)
}

interface About {
  readonly orderId: string
  readonly customerId: string
}

function settlementOf(about: About, refund: Refund | undefined, now: Date): Settlement {
  return refund ? refunded(about, refund, { source: '/payment', now }) : stopped(about)
}

async function write(database: Pool, { orderId, chargeId }: DueAbout, payment: Settlement['payment'] | undefined) {
  await database.transaction(async (tx) => {
    const payments = await lockedPayments(tx, [orderId])
    const status = payments.get(orderId)?.status
    const alreadySettled = status === 'REFUNDED' || (payment?.status === 'CANCELLED' && status !== undefined)
    // Refunds of parts may have left less of it than it is about.
    const amountCents = payments.get(orderId)?.amountCents ?? payment?.amountCents
    if (payment && !alreadySettled)
      writePayments(tx, [{ ...payment, ...(amountCents === undefined ? {} : { amountCents }) }], payments)
    tx.send(deleteDue, [orderId, chargeId])
  })
}
