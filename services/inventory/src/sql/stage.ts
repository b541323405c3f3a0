// What does the inventory stage read and write, a batch at a time?
import type { Statement } from '@orderpipeline/postgres'

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

/**
 * $1: ids of orders that are called off. What is held for those of them whose stock is reserved.
 */
export const heldItems: Statement = {
  name: 'inventory.select-held-items',
  text: `
SELECT order_id, sku, quantity
FROM reservation_items JOIN reservations USING (order_id)
WHERE order_id = ANY ($1::uuid[]) AND status = 'RESERVED'`,
}

/**
 * $1: SKUs, $2: ids of orders whose reservations are locked: their reserved pieces may come back.
 * Locked in one order everywhere; the holder of a SKU's row alone decides on the remaining pieces.
 */
export const lockStock: Statement = {
  name: 'inventory.lock-stock',
  text: `
SELECT sku, available
FROM stock
WHERE sku = ANY ($1::text[] || ARRAY (SELECT sku FROM reservation_items WHERE order_id = ANY ($2::uuid[])))
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

/** The same, with a note of what changed for the replica that publishes levels. */
export const changeStockAndNote: Statement = {
  name: 'inventory.change-stock-and-note',
  text: `WITH noted AS (INSERT INTO stock_changes (sku) SELECT unnest($1::text[]))${changeStock.text}`,
}

/**
 * $1: order ids, $2: statuses, $3: customer ids, $4: seconds until the question about a
 * reservation. A row that is there already: another replica has just decided on it.
 */
export const addReservations: Statement = {
  name: 'inventory.add-reservations',
  text: `
INSERT INTO reservations (order_id, status, customer_id, expires_at)
SELECT order_id, status, customer_id, CASE status WHEN 'RESERVED' THEN now() + make_interval(secs => $4) END
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS made (order_id, status, customer_id)
ORDER BY order_id`,
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
  name: 'inventory.release-reservations',
  text: `
UPDATE reservations
SET status = 'RELEASED', expires_at = NULL, updated_at = now()
WHERE order_id = ANY ($1::uuid[])`,
}

/** $1: ids of orders that are paid. */
export const keepReservations: Statement = {
  name: 'inventory.keep-reservations',
  text: `UPDATE reservations SET expires_at = NULL WHERE order_id = ANY ($1::uuid[]) AND expires_at IS NOT NULL`,
}

/**
 * $1: seconds for which the reservations belong to the replica that takes them, $2: rows at most.
 * Those that another replica is taking are skipped.
 */
export const takeExpired: Statement = {
  name: 'inventory.take-expired',
  text: `
UPDATE reservations
SET expires_at = now() + make_interval(secs => $1)
FROM (
  SELECT order_id, expires_at AS asked_for
  FROM reservations
  WHERE expires_at < now()
  ORDER BY expires_at
  LIMIT $2
  FOR NO KEY UPDATE SKIP LOCKED
) AS expired
WHERE reservations.order_id = expired.order_id
RETURNING reservations.order_id, reservations.customer_id, expired.asked_for`,
}

/**
 * $1: order ids, $2: seconds until the next question. A reservation that has been answered
 * meanwhile needs none, and one that is just being answered is skipped.
 */
export const markAsked: Statement = {
  name: 'inventory.mark-asked',
  text: `
UPDATE reservations
SET expires_at = now() + make_interval(secs => $2)
FROM (
  SELECT order_id
  FROM reservations
  WHERE order_id = ANY ($1::uuid[]) AND expires_at IS NOT NULL
  FOR NO KEY UPDATE SKIP LOCKED
) AS unanswered
WHERE reservations.order_id = unanswered.order_id`,
}
