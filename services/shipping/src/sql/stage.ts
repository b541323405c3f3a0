// With which statements does the shipping stage lock, add and change shipments? Each handles all
// orders of a batch.
import type { Statement } from '@orderpipeline/postgres'

/** $1: order ids. Locks their rows until the end of the transaction, in the order of the ids. */
export const lockShipments: Statement = {
  name: 'shipping.lock-shipments',
  text: `
SELECT order_id, status
FROM shipments
WHERE order_id = ANY ($1::uuid[])
ORDER BY order_id
FOR NO KEY UPDATE`,
}

/**
 * $1: order ids, $2: customer ids, $3: statuses, $4: shipment ids or null, $5: items as JSON. If
 * another replica has added one of the shipments since they were locked, the statement fails with a
 * unique violation, and the stage retries the transaction.
 */
export const addShipments: Statement = {
  name: 'shipping.add-shipments',
  text: `
INSERT INTO shipments (order_id, customer_id, status, shipment_id, items)
SELECT order_id, customer_id, status, shipment_id, items
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[])
  AS made (order_id, customer_id, status, shipment_id, items)
ORDER BY order_id`,
}

/** $1: order ids, $2: statuses. */
export const changeShipments: Statement = {
  name: 'shipping.change-shipments',
  text: `
UPDATE shipments
SET status = change.status, updated_at = now()
FROM unnest($1::uuid[], $2::text[]) AS change (order_id, status)
WHERE shipments.order_id = change.order_id`,
}
