// Which idempotency keys are stored, and how are they forgotten? By functions of the schema
// (migrations/0014_keys_by_generation.sql).
import type { Statement } from '@orderpipeline/postgres'

/** $1: customers, $2: their keys. */
export const selectKeys: Statement = {
  name: 'orders.select-keys',
  text: `
SELECT customer_id, idempotency_key, order_id, request_hash FROM idempotency_keys
WHERE (customer_id, idempotency_key) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
}

/** $1: order ids, $2, $3: their range. What was ordered; nothing where its lines are deleted. */
export const selectKeyedOrders: Statement = {
  name: 'orders.select-keyed-orders',
  text: `
SELECT order_id, currency, json_agg(json_build_object('sku', sku, 'quantity', quantity)) AS items
FROM orders JOIN order_items USING (order_id)
WHERE order_id = ANY ($1::uuid[])
  AND orders.order_id BETWEEN $2 AND $3
  AND order_items.order_id BETWEEN $2 AND $3
GROUP BY order_id, currency`,
}

/** $1: hours for which keys are kept. */
export const beginKeyGeneration: Statement = {
  name: 'orders.begin-key-generation',
  text: 'SELECT begin_key_generation($1)',
}

/** $1: hours for which keys are kept. One generation a time; NULL: none is old enough. */
export const dropKeyGeneration: Statement = {
  name: 'orders.drop-key-generation',
  text: 'SELECT drop_key_generation($1) AS name',
}
