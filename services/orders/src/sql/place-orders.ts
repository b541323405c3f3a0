// How do many orders become durable in one statement?
import type { Statement } from '@orderpipeline/postgres'

/**
 * NOT IN over a CTE is a hashed subplan whatever the planner believes of array sizes; a join of the
 * same could become a nested loop, quadratic in the batch. Keys go in sorted, or two gateways with
 * the same keys could each wait for the other.
 *
 * The statement waits for the transaction that has a key's row until it ends, whether the row then
 * exists or not, but for $16 milliseconds at most: the time-out is this statement's own, and in
 * force before its first row is read.
 */
export const insertOrders: Statement = {
  name: 'orders.insert-orders',
  text: `
WITH patience AS MATERIALIZED (
  SELECT set_config('lock_timeout', $16, true)
), input AS MATERIALIZED (
  SELECT t.* FROM patience, unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::uuid[], $8::text[], $9::text[], $10::text[], $11::text[], $18::bigint[], $19::text[], $20::text[]
  ) WITH ORDINALITY AS t (
    order_id, customer_id, currency, correlation_id, idempotency_key, request_hash,
    event_id, topic, key, value, headers, total_cents, trace_id, priority, position
  )
), taken AS (
  INSERT INTO idempotency_keys (customer_id, idempotency_key, order_id, request_hash)
  SELECT customer_id, idempotency_key, order_id, request_hash FROM input
  WHERE idempotency_key IS NOT NULL
  ORDER BY customer_id, idempotency_key, position
  ON CONFLICT DO NOTHING
  RETURNING order_id
), repeated AS MATERIALIZED (
  SELECT order_id FROM input
  WHERE idempotency_key IS NOT NULL AND order_id NOT IN (SELECT order_id FROM taken)
), fresh AS MATERIALIZED (
  SELECT * FROM input WHERE order_id NOT IN (SELECT order_id FROM repeated)
), lines AS (
  INSERT INTO order_items (order_id, line, sku, quantity, unit_price_cents)
  SELECT * FROM unnest($12::uuid[], $13::smallint[], $14::text[], $15::int[], $17::bigint[])
    AS t (order_id, line, sku, quantity, unit_price_cents)
  WHERE order_id NOT IN (SELECT order_id FROM repeated)
), history AS (
  INSERT INTO order_events (order_id, status, event_id)
  SELECT order_id, 'PLACED', event_id FROM fresh
), events AS (
  INSERT INTO intake_outbox (event_id, topic, key, value, headers)
  SELECT event_id, topic, key, value, headers::jsonb FROM fresh ORDER BY position
)
INSERT INTO orders (order_id, customer_id, currency, correlation_id, total_cents, trace_id, priority)
SELECT order_id, customer_id, currency, correlation_id, total_cents, trace_id, priority FROM fresh
RETURNING order_id`,
}
