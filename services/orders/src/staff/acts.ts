// What is kept of what a member of the staff does with an order? Who, what, why and when, in the
// transaction of the act.
import type { Queryable } from '@orderpipeline/postgres'
import type { OrderStatus } from '@orderpipeline/order-events'
import { addAct } from '../sql/staff.ts'

export interface StaffMember {
  /** The subject of their token. */
  readonly name: string
  /** In their own words. */
  readonly reason: string
}

export const staffActs = ['RELEASE', 'REJECT', 'CANCEL', 'REFUND'] as const
export type StaffAct = (typeof staffActs)[number]

export interface ActRecord {
  readonly orderId: string
  readonly staff: StaffMember
  readonly act: StaffAct
  readonly statusBefore: OrderStatus
  readonly at: Date
}

/** `tx`: the transaction of the act. @throws DatabaseError */
export async function recordAct(tx: Queryable, { orderId, staff, act, statusBefore, at }: ActRecord): Promise<void> {
  await tx.query(addAct, [orderId, staff.name, act, staff.reason, statusBefore, at])
}
