// What is read and written of what happened to orders' payments after they were made?
import type { Statement } from '@orderpipeline/postgres'

/** $1: order id. */
export const lockPaidOrder: Statement = {
  name: 'orders.lock-paid-order',
  text: `
SELECT customer_id, status, currency, total_cents, correlation_id, priority, refunds, disputes
FROM orders
WHERE order_id = $1
FOR NO KEY UPDATE`,
}

/** $1: order ids, $2, $3: their range. */
export const pricedItems: Statement = {
  name: 'orders.select-priced-items',
  text: `
SELECT order_id AS "orderId", sku, quantity, unit_price_cents AS "unitPriceCents"
FROM order_items
WHERE order_id = ANY ($1::uuid[])
  AND order_id BETWEEN $2 AND $3
  AND unit_price_cents IS NOT NULL
ORDER BY order_id, line`,
}

/**
 * $1: order id, $2: its refunds as JSON. Since when an order is in its state decides about its
 * deadline: for that, `updated_at` stays while it has one.
 */
export const storeRefunds: Statement = {
  name: 'orders.store-refunds',
  text: `
UPDATE orders
SET refunds = $2::jsonb, updated_at = CASE status WHEN 'SHIPPED' THEN now() ELSE updated_at END
WHERE order_id = $1`,
}

/**
 * $1: order ids, each once; $2: their refunds as JSON, $3: their disputes; $4, $5: the ids' range.
 */
export const changeMoney: Statement = {
  name: 'orders.change-money',
  text: `
UPDATE orders
SET refunds = change.refunds,
    disputes = change.disputes,
    updated_at = CASE WHEN status IN ('SHIPPED', 'CANCELLED') THEN now() ELSE updated_at END
FROM unnest($1::uuid[], $2::jsonb[], $3::jsonb[]) AS change (order_id, refunds, disputes)
WHERE orders.order_id = change.order_id
  AND orders.order_id = ANY ($1::uuid[])
  AND orders.order_id BETWEEN $4 AND $5`,
}
