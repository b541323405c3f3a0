// What does the inventory stage read and write, a batch at a time?
import type { Statement } from '@orderpipeline/kit-postgres'

/** $1: order ids. */
export const lockReservations: Statement = {
  name: 'inventory.lock-reservations',
  text: `
SELECT order_id, status
FROM reservations
WHERE order_id = ANY ($1::uuid[])
ORDER BY order_id
FOR NO KEY UPDATE`,
}

/** $1: order ids. */
export const heldItems: Statement = {
  name: 'inventory.held-items',
  text: `SELECT order_id, sku, quantity FROM reservation_items WHERE order_id = ANY ($1::uuid[])`,
}

/** $1: SKUs. Locked in one order everywhere; whoever holds a SKU's row alone decides on what is left of it. */
export const lockStock: Statement = {
  name: 'inventory.lock-stock',
  text: `
SELECT sku, available
FROM stock
WHERE sku = ANY ($1::text[])
ORDER BY sku
FOR NO KEY UPDATE`,
}

/** $1: SKUs, $2: changes. */
export const changeStock: Statement = {
  name: 'inventory.change-stock',
  text: `
UPDATE stock
SET available = available + change.delta
FROM unnest($1::text[], $2::bigint[]) AS change (sku, delta)
WHERE stock.sku = change.sku`,
}

/** $1: order ids, $2: statuses. Fewer rows back than given: another replica has just decided on one of them. */
export const addReservations: Statement = {
  name: 'inventory.add-reservations',
  text: `
INSERT INTO reservations (order_id, status)
SELECT order_id, status FROM unnest($1::uuid[], $2::text[]) AS made (order_id, status)
ORDER BY order_id
ON CONFLICT DO NOTHING
RETURNING order_id`,
}

/** $1: order ids, $2: SKUs, $3: quantities. */
export const addItems: Statement = {
  name: 'inventory.add-items',
  text: `
INSERT INTO reservation_items (order_id, sku, quantity)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[])`,
}

/** $1: order ids. */
export const releaseReservations: Statement = {
  name: 'inventory.release',
  text: `UPDATE reservations SET status = 'RELEASED', updated_at = now() WHERE order_id = ANY ($1::uuid[])`,
}
