// How are orders shown to those who ask? As the JSON that they get.
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: order id, $2: customer id or null.
 *
 * Names and absent fields are settled here, so that what is stored and what is shown can change
 * apart. Two steps of one batch have one time: then the order of the states decides.
 */
export const selectOrder: Statement = {
  name: 'orders.select-order',
  text: `
SELECT json_strip_nulls(json_build_object(
  'orderId', o.order_id,
  'customerId', o.customer_id,
  'status', o.status,
  'reason', o.reason,
  'currency', o.currency,
  'totalCents', o.total_cents,
  'priority', NULLIF(o.priority, 'standard'),
  'parcel', o.parcel,
  'refunds', (
    SELECT json_agg(refund - 'key' - 'hash' - 'by' ORDER BY refund ->> 'at')
    FROM jsonb_array_elements(o.refunds) AS refund),
  'disputes', o.disputes,
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
      ORDER BY e.at, array_position(ARRAY['PLACED', 'PROCESSING', 'HELD', 'CONFIRMED', 'SHIPPED', 'CANCELLED'], e.status))
    FROM order_events e WHERE e.order_id = $1), '[]')
)) AS view
FROM orders o WHERE o.order_id = $1 AND ($2::text IS NULL OR o.customer_id = $2)`,
}

/** $1: order ids, $2: customer id or null, $3, $4: the ids' range. */
export const selectStatuses: Statement = {
  name: 'orders.select-statuses',
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

/** $1: order ids, $2: customer id or null, $3, $4: the ids' range. */
export const selectProgress: Statement = {
  name: 'orders.select-progress',
  text: `
SELECT json_strip_nulls(json_build_object(
  'orderId', o.order_id, 'status', o.status, 'reason', o.reason,
  'timeline', COALESCE((
    SELECT json_agg(json_build_object('event', e.event, 'status', e.status, 'reason', e.reason, 'at', e.at)
      ORDER BY e.at, array_position(ARRAY['PLACED', 'PROCESSING', 'HELD', 'CONFIRMED', 'SHIPPED', 'CANCELLED'], e.status))
    FROM order_events e WHERE e.order_id = o.order_id AND e.order_id BETWEEN $3 AND $4), '[]')
)) AS view
FROM orders o
WHERE o.order_id = ANY ($1::uuid[]) AND o.order_id BETWEEN $3 AND $4 AND ($2::text IS NULL OR o.customer_id = $2)`,
}

/**
 * $1: customer id, $2: id of the order before which the page begins, or null, $3: rows at most.
 *
 * A plain comparison, not `$2 IS NULL OR …`, or the index would be read from its end for every
 * page.
 */
export const selectOrderPage: Statement = {
  name: 'orders.select-order-page',
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
