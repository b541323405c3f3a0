// How far have many orders come? For those who wait: one question for all of them, as often as they
// like.
import type { Queryable } from '@orderpipeline/postgres'
import { terminalStatuses } from '@orderpipeline/order-events'
import type { CancellationReason, OrderStatus } from '@orderpipeline/order-events'
import { idRange } from '../sql/id-range.ts'
import { selectProgress } from '../sql/order-views.ts'
import type { HistoryEvent } from '../stage/timeline.ts'

export interface TimelineStep {
  /** Each once in an order's history. */
  readonly event: HistoryEvent
  /** The status it brought about, if any. */
  readonly status?: OrderStatus
  readonly reason?: string
  readonly at: string
}

export interface OrderProgress {
  readonly orderId: string
  readonly status: OrderStatus
  readonly reason?: CancellationReason
  readonly timeline: readonly TimelineStep[]
}

/** An order with one of these statuses has ended. */
const terminal: readonly OrderStatus[] = terminalStatuses
export function isTerminal(status: OrderStatus): boolean {
  return terminal.includes(status)
}

/** What a customer waits for after ordering: whether they get it. */
const settledStatuses: readonly OrderStatus[] = ['CONFIRMED', 'SHIPPED', 'CANCELLED']
export function isSettled(status: OrderStatus): boolean {
  return settledStatuses.includes(status)
}

/**
 * Those that exist, and are of `customerId` when that is given; in no order. @throws DatabaseError
 */
export async function progressOf(
  database: Queryable,
  orderIds: readonly string[],
  customerId?: string,
): Promise<readonly OrderProgress[]> {
  const rows = await database.query<{ view: OrderProgress }>(selectProgress, [
    orderIds,
    customerId ?? null,
    ...idRange(orderIds),
  ])
  return rows.map((row) => row.view)
}
