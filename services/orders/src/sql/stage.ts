// What does the orders stage read and write, a batch at a time? Wherever orders are named by their
// ids, the range of the ids is given as well (id-range.ts), so that only the months they are in are
// looked into.
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: order ids, $2, $3: their range. Locked in one order everywhere, so that two replicas never
 * wait for each other in a circle.
 */
export const lockOrders: Statement = {
  name: 'orders.lock-orders',
  text: `
SELECT order_id, status, priority, parcel ->> 'status' AS parcel, currency, total_cents, refunds, disputes
FROM orders
WHERE order_id = ANY ($1::uuid[])
  AND order_id BETWEEN $2 AND $3
ORDER BY order_id
FOR NO KEY UPDATE`,
}

/**
 * $1: ids of orders just placed, $2, $3: their range. What was agreed when they were; nothing of an
 * order that an older gateway took.
 */
export const agreedPrices: Statement = {
  name: 'orders.select-agreed-prices',
  text: `
SELECT order_id, sku, unit_price_cents
FROM order_items
WHERE order_id = ANY ($1::uuid[])
  AND order_id BETWEEN $2 AND $3
  AND unit_price_cents IS NOT NULL`,
}

/** $1: ids of orders that are being confirmed, $2, $3: their range. */
export const itemsOf: Statement = {
  name: 'orders.select-items',
  text: `
SELECT order_id, sku, quantity
FROM order_items
WHERE order_id = ANY ($1::uuid[])
  AND order_id BETWEEN $2 AND $3
ORDER BY order_id, line`,
}

/**
 * $1: order ids, each once; $2: statuses; $3: reasons or null; $4: totals or null for as it was;
 * $5, $6: the ids' range.
 */
export const changeOrders: Statement = {
  name: 'orders.change-orders',
  text: `
UPDATE orders
SET status = change.status,
    reason = change.reason,
    total_cents = coalesce(change.total_cents, orders.total_cents),
    updated_at = now()
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS change (order_id, status, reason, total_cents)
WHERE orders.order_id = change.order_id
  AND orders.order_id = ANY ($1::uuid[])
  AND orders.order_id BETWEEN $5 AND $6`,
}

/** $1: order ids, each once; $2: their parcels as JSON; $3, $4: the ids' range. */
export const changeParcels: Statement = {
  name: 'orders.change-parcels',
  text: `
UPDATE orders
SET parcel = change.parcel, updated_at = now()
FROM unnest($1::uuid[], $2::jsonb[]) AS change (order_id, parcel)
WHERE orders.order_id = change.order_id
  AND orders.order_id = ANY ($1::uuid[])
  AND orders.order_id BETWEEN $3 AND $4`,
}

/**
 * $1: order ids, $2: skus, $3: prices, those that the total was made of; $4, $5: the ids' range.
 */
export const priceItems: Statement = {
  name: 'orders.price-items',
  text: `
UPDATE order_items
SET unit_price_cents = given.price_cents
FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS given (order_id, sku, price_cents)
WHERE order_items.order_id = given.order_id
  AND order_items.sku = given.sku
  AND order_items.order_id = ANY ($1::uuid[])
  AND order_items.order_id BETWEEN $4 AND $5`,
}

/**
 * The timeline. $1: order ids, $2: what happened, $3: statuses or null where it changed none, $4:
 * reasons or null, $5: ids of the events that brought it about, $6: when it happened.
 */
export const recordEvents: Statement = {
  name: 'orders.record-events',
  text: `
INSERT INTO order_events (order_id, event, status, reason, event_id, at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::timestamptz[])
ON CONFLICT DO NOTHING`,
}
