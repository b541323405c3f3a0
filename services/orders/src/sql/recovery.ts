// What does the recovery of orders from Kafka write? Only what is missing: every statement may be
// repeated.
import type { Statement } from '@orderpipeline/postgres'

/** $1: order ids, $2, $3: their range. Those that the database has. */
export const knownOrders: Statement = {
  name: 'orders.select-known-orders',
  text: `
SELECT order_id, status
FROM orders
WHERE order_id = ANY ($1::uuid[])
  AND order_id BETWEEN $2 AND $3`,
}

/**
 * $1: order ids, $2: customers, $3: currencies, $4: correlation ids or null, $5: when they were
 * placed, $6: ids of their first events; $7 to $10: their lines; $11: classes. Returns those that
 * were missing.
 */
export const addOrders: Statement = {
  name: 'orders.recover-orders',
  text: `
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::uuid[], $11::text[])
    AS t (order_id, customer_id, currency, correlation_id, placed_at, event_id, priority)
), fresh AS (
  INSERT INTO orders (order_id, customer_id, currency, correlation_id, placed_at, priority)
  SELECT order_id, customer_id, currency, correlation_id, placed_at, priority FROM input
  ON CONFLICT DO NOTHING
  RETURNING order_id
), lines AS (
  INSERT INTO order_items (order_id, line, sku, quantity)
  SELECT * FROM unnest($7::uuid[], $8::smallint[], $9::text[], $10::int[]) AS t (order_id, line, sku, quantity)
  WHERE order_id IN (SELECT order_id FROM fresh)
), history AS (
  INSERT INTO order_events (order_id, status, event_id, at)
  SELECT order_id, 'PLACED', event_id, placed_at FROM input WHERE order_id IN (SELECT order_id FROM fresh)
)
SELECT order_id FROM fresh`,
}

/** $1: order ids, $2: totals, $3, $4: the ids' range. */
export const addTotals: Statement = {
  name: 'orders.recover-totals',
  text: `
UPDATE orders
SET total_cents = given.total_cents
FROM unnest($1::uuid[], $2::bigint[]) AS given (order_id, total_cents)
WHERE orders.order_id = given.order_id
  AND orders.order_id = ANY ($1::uuid[])
  AND orders.order_id BETWEEN $3 AND $4`,
}

/**
 * $1: order ids, $2: SHIPPED or CANCELLED, $3: reasons or null, $4, $5: the ids' range. Returns
 * those that had not ended.
 */
export const endOrders: Statement = {
  name: 'orders.end-orders',
  text: `
UPDATE orders
SET status = $2, reason = given.reason, updated_at = now()
FROM unnest($1::uuid[], $3::text[]) AS given (order_id, reason)
WHERE orders.order_id = given.order_id
  AND orders.order_id = ANY ($1::uuid[])
  AND orders.order_id BETWEEN $4 AND $5
  AND orders.status IN ('PLACED', 'PROCESSING', 'HELD', 'CONFIRMED')
RETURNING orders.order_id`,
}
