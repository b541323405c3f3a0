// How is an order doing? One order with its lines and history, or the bare status of many.
import type { Queryable } from '@orderpipeline/postgres'
import type { CancellationReason, EventType, OrderStatus } from '@orderpipeline/order-events'
import { idRange } from '../sql/id-range.ts'
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
  readonly items: readonly { readonly sku: string; readonly quantity: number; readonly unitPriceCents?: number }[]
  /** The parcel of a shipped order, where a carrier has it. */
  readonly parcel?: StoredParcel
  /** The correlation id of the request that placed it, and of every log line about it. */
  readonly requestId?: string
  /** The trace of that request, where it was sampled. */
  readonly traceId?: string
  readonly placedAt: string
  readonly updatedAt: string
  /** Every event about it; `status` where it brought one about. */
  readonly timeline: readonly {
    readonly event: EventType
    readonly status?: OrderStatus
    readonly reason?: string
    readonly at: string
  }[]
}

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
  return row?.view
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

/**
 * Names and absent fields are settled here, so that what is stored and what is shown can change
 * apart. Two steps of one batch have one time: then the order of the states decides.
 */
export const selectOrder = {
  name: 'queries_order',
  text: `
SELECT json_strip_nulls(json_build_object(
  'orderId', o.order_id,
  'customerId', o.customer_id,
  'status', o.status,
  'reason', o.reason,
  'currency', o.currency,
  'totalCents', o.total_cents,
  'parcel', o.parcel,
  'requestId', o.correlation_id,
  'traceId', o.trace_id,
  'items', (
    SELECT json_agg(json_build_object('sku', i.sku, 'quantity', i.quantity, 'unitPriceCents', i.unit_price_cents)
      ORDER BY i.line)
    FROM order_items i WHERE i.order_id = $1),
  'placedAt', o.placed_at,
  'updatedAt', o.updated_at,
  'timeline', COALESCE((
    SELECT json_agg(json_build_object('event', e.event, 'status', e.status, 'reason', e.reason, 'at', e.at)
      ORDER BY e.at, array_position(ARRAY['PLACED', 'PROCESSING', 'CONFIRMED', 'SHIPPED', 'CANCELLED'], e.status))
    FROM order_events e WHERE e.order_id = $1), '[]')
)) AS view
FROM orders o WHERE o.order_id = $1 AND ($2::text IS NULL OR o.customer_id = $2)`,
}

export const selectStatuses = {
  name: 'queries_statuses',
  text: `
SELECT json_strip_nulls(json_build_object(
  'orderId', o.order_id, 'status', o.status, 'reason', o.reason, 'placedAt', o.placed_at, 'updatedAt', o.updated_at,
  'terminalStates', (
    SELECT count(*) FROM order_events e
    WHERE e.order_id = o.order_id AND e.order_id BETWEEN $3 AND $4 AND e.status IN ('SHIPPED', 'CANCELLED'))
)) AS view
FROM orders o
WHERE o.order_id = ANY ($1::uuid[]) AND o.order_id BETWEEN $3 AND $4 AND ($2::text IS NULL OR o.customer_id = $2)`,
}
