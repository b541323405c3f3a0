// What does the shipping stage keep of parcels?
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: order ids, $2: carriers, $3: tracking numbers, $4: tracking URLs or null, $5: label URLs or
 * null, $6: seconds until the carrier is asked. A label that comes again is the same one.
 */
export const addParcels: Statement = {
  name: 'shipping.add-parcels',
  text: `
INSERT INTO parcels (order_id, carrier, tracking_number, tracking_url, label_url, look_at)
SELECT order_id, carrier, tracking_number, tracking_url, label_url, now() + make_interval(secs => $6)
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
  AS made (order_id, carrier, tracking_number, tracking_url, label_url)
ORDER BY order_id
ON CONFLICT DO NOTHING`,
}

/** $1: an order's id. */
export const shipmentStatus: Statement = {
  name: 'shipping.select-shipment-status',
  text: `SELECT status FROM shipments WHERE order_id = $1`,
}

/**
 * $1: seconds for which the parcels belong to the replica that takes them, $2: rows at most. Those
 * that another replica is taking are skipped.
 */
export const claimParcels: Statement = {
  name: 'shipping.claim-parcels',
  text: `
UPDATE parcels
SET look_at = now() + make_interval(secs => $1)
FROM (
  SELECT parcels.order_id, customer_id, shipment_id, shipments.status AS shipment_status
  FROM parcels JOIN shipments USING (order_id)
  WHERE look_at < now()
  ORDER BY look_at
  LIMIT $2
  FOR NO KEY UPDATE OF parcels SKIP LOCKED
) AS due
WHERE parcels.order_id = due.order_id
RETURNING parcels.order_id, due.customer_id, due.shipment_id, due.shipment_status, parcels.status,
  parcels.carrier, parcels.tracking_number, parcels.tracking_url`,
}

/** $1: order ids, $2: statuses, $3: seconds until the next look, null for never. */
export const noteParcels: Statement = {
  name: 'shipping.note-parcels',
  text: `
UPDATE parcels
SET status = noted.status,
    look_at = now() + make_interval(secs => noted.seconds),
    updated_at = CASE WHEN parcels.status = noted.status THEN parcels.updated_at ELSE now() END
FROM unnest($1::uuid[], $2::text[], $3::double precision[]) AS noted (order_id, status, seconds)
WHERE parcels.order_id = noted.order_id`,
}
