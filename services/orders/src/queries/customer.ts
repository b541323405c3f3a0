// Which orders has a customer? Newest first, a page at a time. Order ids are uuids of version 7,
// which begin with the time, so the id alone says where a page ends and the next begins, and no
// page costs more than the first.
import type { Queryable } from '@orderpipeline/postgres'
import type { CancellationReason, OrderStatus } from '@orderpipeline/order-events'

export interface OrderSummary {
  readonly orderId: string
  readonly status: OrderStatus
  readonly reason?: CancellationReason
  readonly currency: string
  readonly totalCents?: number
  readonly placedAt: string
  readonly updatedAt: string
}

/** `before`: the id of an order; only older ones are given. @throws DatabaseError */
export async function ordersOfCustomer(
  database: Queryable,
  customerId: string,
  before: string | undefined,
  limit: number,
): Promise<readonly OrderSummary[]> {
  const rows = await database.query<{ view: OrderSummary }>(selectPage, [customerId, before ?? null, limit])
  return rows.map((row) => row.view)
}

/**
 * A plain comparison, not `$2 IS NULL OR …`, or the index would be read from its end for every
 * page.
 */
export const selectPage = {
  name: 'queries_orders_of_customer',
  text: `
SELECT json_strip_nulls(json_build_object(
  'orderId', o.order_id, 'status', o.status, 'reason', o.reason, 'currency', o.currency,
  'totalCents', o.total_cents, 'placedAt', o.placed_at, 'updatedAt', o.updated_at
)) AS view
FROM orders o
WHERE o.customer_id = $1
  AND o.order_id < COALESCE($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
ORDER BY o.order_id DESC
LIMIT $3`,
}
