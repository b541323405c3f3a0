// What did the staff do with an order, and who of them looked at it? For the staff.
import type { Queryable } from '@orderpipeline/postgres'
import type { OrderStatus } from '@orderpipeline/order-events'
import type { DueHold } from '../sql/holds.ts'
import { selectStaffHistory } from '../sql/staff.ts'
import type { StaffAct } from './acts.ts'

export interface HoldView {
  readonly reasons: readonly string[]
  readonly heldAt: string
  readonly dueAt: string
  readonly atDue: DueHold['at_due']
  /** All three once it is decided. */
  readonly outcome?: 'RELEASED' | 'CANCELLED'
  readonly decidedBy?: 'STAFF' | 'CUSTOMER' | 'TIME' | 'EVENT'
  readonly decidedAt?: string
}

export interface StaffHistory {
  /** Null of an order that was never held. */
  readonly hold: HoldView | null
  /** The newest first. */
  readonly acts: readonly {
    readonly staff: string
    readonly act: StaffAct
    readonly reason: string
    readonly statusBefore: OrderStatus
    readonly at: string
  }[]
  /** The newest first; one for each person and hour. */
  readonly looks: readonly {
    readonly staff: string
    readonly since: string
    readonly looks: number
    readonly lastAt: string
  }[]
}

/** Rows of each kind; older ones stay in the database. */
const mostRows = 200

/** @throws DatabaseError */
export async function staffHistory(database: Queryable, orderId: string): Promise<StaffHistory> {
  const [row] = await database.query<{ view: StaffHistory }>(selectStaffHistory, [orderId, mostRows])
  return row?.view ?? { hold: null, acts: [], looks: [] }
}
