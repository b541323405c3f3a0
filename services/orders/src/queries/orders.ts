// How is an order doing? One order with its lines and history, or the bare status of many.
import type { Queryable } from '@orderpipeline/postgres'
import type { CancellationReason, OrderStatus, Priority } from '@orderpipeline/order-events'
import { idRange } from '../sql/id-range.ts'
import { selectOrder, selectStatuses } from '../sql/order-views.ts'
import { withMoneySteps } from './money-steps.ts'
import type { MoneyStep } from './money-steps.ts'
import type { StoredDispute, StoredRefund } from '../money/money.ts'
import type { StoredParcel } from '../stage/saga.ts'

export interface OrderView {
  readonly orderId: string
  readonly customerId: string
  readonly status: OrderStatus
  /** Only of a cancelled order. */
  readonly reason?: CancellationReason
  readonly currency: string
  /** In cents; absent until the order has been priced. */
  readonly totalCents?: number
  /** Its class; absent of a standard order. */
  readonly priority?: Priority
  readonly items: readonly { readonly sku: string; readonly quantity: number; readonly unitPriceCents?: number }[]
  /** The parcel of a shipped order, where a carrier has it. */
  readonly parcel?: StoredParcel
  /** Refunds of parts of its payment, in the order in which they were requested. */
  readonly refunds?: readonly ShownRefund[]
  /** Disputes of its payment. */
  readonly disputes?: readonly StoredDispute[]
  /** The correlation id of the request that placed it, and of every log line about it. */
  readonly requestId?: string
  /** The trace of that request, where it was sampled. */
  readonly traceId?: string
  readonly placedAt: string
  readonly updatedAt: string
  /**
   * Every event about it; `status` where it brought one about. Events about refunds and disputes
   * are there for each of them, all others once.
   */
  readonly timeline: readonly MoneyStep[]
}

/** Without what only staff is to see. */
export type ShownRefund = Omit<StoredRefund, 'key' | 'hash' | 'by'>

export interface StatusView {
  readonly orderId: string
  readonly status: OrderStatus
  readonly reason?: CancellationReason
  readonly placedAt: string
  readonly updatedAt: string
  /** How many terminal states its history holds: one at the end, never two. */
  readonly terminalStates: number
}

/**
 * undefined where there is no such order, or none of `customerId` when that is given. @throws
 * DatabaseError
 */
export async function orderById(
  database: Queryable,
  orderId: string,
  customerId?: string,
): Promise<OrderView | undefined> {
  const [row] = await database.query<{ view: OrderView }>(selectOrder, [orderId, customerId ?? null])
  return row && { ...row.view, timeline: withMoneySteps(row.view.timeline, row.view) }
}

/**
 * Those that exist, and are of `customerId` when that is given; in no order. @throws DatabaseError
 */
export async function statusesById(
  database: Queryable,
  orderIds: readonly string[],
  customerId?: string,
): Promise<readonly StatusView[]> {
  const rows = await database.query<{ view: StatusView }>(selectStatuses, [
    orderIds,
    customerId ?? null,
    ...idRange(orderIds),
  ])
  return rows.map((row) => row.view)
}
