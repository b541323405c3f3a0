// How do the payments of orders stand, until the transaction has ended? Locked by one statement and
// read by the next, whose snapshot has what the holder of the lock before has committed: a dispute,
// too. Both are one round trip.
import type { Queryable } from '@orderpipeline/postgres'
import { paymentsByOrder } from './payment-rows.ts'
import type { PaymentRow } from './payment-rows.ts'
import type { Payment } from './payments.ts'
import { lockPayments, paymentsOf } from './sql/stage.ts'

/** `tx`: of a transaction. @throws DatabaseError */
export async function lockedPayments(
  tx: Queryable,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, Payment>> {
  const [, rows] = await Promise.all([tx.query(lockPayments, [orderIds]), tx.query<PaymentRow>(paymentsOf, [orderIds])])
  return paymentsByOrder(rows)
}
