// What have the services stored about orders whose events are to be published again?

/** $1: since when, $2: the last order of the page before, $3: orders at most. */
export const selectOrders = `
SELECT order_id AS "orderId", customer_id AS "customerId", currency, status, reason, total_cents::float8 AS "totalCents",
  correlation_id AS "correlationId", priority, parcel - 'status' AS parcel, refunds,
  (SELECT outcome FROM order_holds WHERE order_holds.order_id = orders.order_id) AS "holdOutcome",
  CASE status WHEN 'HELD' THEN EXISTS (
    SELECT FROM order_events WHERE order_events.order_id = orders.order_id AND event = 'StockReserved')
  END AS "isReservationKnown"
FROM orders
WHERE order_id > $2::uuid AND (status IN ('PLACED', 'PROCESSING', 'HELD', 'CONFIRMED') OR updated_at >= $1::timestamptz)
ORDER BY order_id
LIMIT $3`

/** $1: order ids. */
export const selectItems = `
SELECT order_id, sku, quantity, unit_price_cents::float8 AS "unitPriceCents"
FROM order_items WHERE order_id = ANY ($1::uuid[]) ORDER BY order_id, line`

/** $1: order ids. */
export const selectReservations = 'SELECT order_id, status FROM reservations WHERE order_id = ANY ($1::uuid[])'

/** $1: order ids. */
export const selectPayments = `
SELECT order_id, status, (amount_cents - CASE status WHEN 'REFUNDED' THEN partly_refunded_cents ELSE 0 END)::float8
    AS "amountCents", currency, charge_id AS "chargeId", refund_id AS "refundId",
  decline_reason AS "declineReason"
FROM payments WHERE order_id = ANY ($1::uuid[])`

/** $1: order ids. */
export const selectPartialRefunds = `
SELECT order_id, refund_id AS "refundId", charge_id AS "chargeId", amount_cents::float8 AS "amountCents", currency, status,
  refusal, provider_refund_id AS "providerRefundId"
FROM partial_refunds WHERE order_id = ANY ($1::uuid[]) ORDER BY order_id, created_at`

/** $1: order ids. */
export const selectDisputes = `
SELECT order_id, dispute_id AS "disputeId", charge_id AS "chargeId", amount_cents::float8 AS "amountCents", currency, reason,
  status
FROM disputes WHERE order_id = ANY ($1::uuid[]) ORDER BY order_id, opened_at`

/** $1: order ids. */
export const selectShipments = `
SELECT order_id, shipments.status, shipment_id AS "shipmentId", carrier, tracking_number AS "trackingNumber",
  tracking_url AS "trackingUrl"
FROM shipments LEFT JOIN parcels USING (order_id) WHERE order_id = ANY ($1::uuid[])`
