// What does the ledger have of refunds?
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: charge id. Every refund of the charge waits here for the one before it, and the next
 * statement sees what that one wrote.
 */
export const lockCharge: Statement = {
  name: 'payment-provider.lock-charge',
  text: `SELECT FROM charges WHERE charge_id = $1::uuid FOR UPDATE`,
}

/**
 * $1: refund id, $2: key, $3: charge id. The whole charge, or what refunds of parts have left of
 * it. Nothing where no such charge was captured, and while the bank has it.
 */
export const insertRefund: Statement = {
  name: 'payment-provider.insert-refund',
  text: `
INSERT INTO refunds (refund_id, idempotency_key, charge_id, order_id, amount_cents, currency)
SELECT $1::uuid, $2::text, charge_id, order_id,
  amount_cents - COALESCE((SELECT sum(amount_cents) FROM partial_refunds WHERE charge_id = $3::uuid), 0)::bigint, currency
FROM charges
WHERE charge_id = $3::uuid AND status = 'captured'
  AND NOT EXISTS (SELECT FROM disputes WHERE charge_id = $3::uuid AND disputes.status <> 'WON')
ON CONFLICT DO NOTHING`,
}

/**
 * $1: refund id, $2: key, $3: charge id, $4: amount. Nothing while the charge is disputed, and
 * where so much is not left of it: what a lost dispute has left may be refunded.
 */
export const insertPartialRefund: Statement = {
  name: 'payment-provider.insert-partial-refund',
  text: `
INSERT INTO partial_refunds (refund_id, idempotency_key, charge_id, order_id, amount_cents, currency)
SELECT $1::uuid, $2::text, charge_id, order_id, $4::bigint, currency
FROM charges
WHERE charge_id = $3::uuid AND status = 'captured'
  AND NOT EXISTS (SELECT FROM refunds WHERE charge_id = $3::uuid)
  AND NOT EXISTS (SELECT FROM disputes WHERE charge_id = $3::uuid AND disputes.status = 'OPEN')
  AND $4::bigint + COALESCE((SELECT sum(amount_cents) FROM partial_refunds WHERE charge_id = $3::uuid), 0)
    + COALESCE((SELECT sum(amount_cents) FROM disputes WHERE charge_id = $3::uuid AND disputes.status = 'LOST'), 0) <= amount_cents
ON CONFLICT DO NOTHING`,
}

const refundColumns = `refund_id AS "refundId", charge_id AS "chargeId", order_id AS "orderId",
  amount_cents AS "amountCents", currency`

/** $1: charge id. */
export const selectRefund: Statement = {
  name: 'payment-provider.select-refund',
  text: `SELECT ${refundColumns} FROM refunds WHERE charge_id = $1`,
}

/** $1: key, $2: charge id, $3: amount. Nothing where the key belongs to another refund. */
export const selectPartialRefund: Statement = {
  name: 'payment-provider.select-partial-refund',
  text: `SELECT ${refundColumns} FROM partial_refunds WHERE idempotency_key = $1 AND charge_id = $2 AND amount_cents = $3`,
}

/** $1: order id. */
export const selectRefundsOfOrder: Statement = {
  name: 'payment-provider.select-refunds-of-order',
  text: `
SELECT ${refundColumns}, idempotency_key AS "idempotencyKey" FROM (
  SELECT refund_id, idempotency_key, charge_id, order_id, amount_cents, currency, created_at
  FROM partial_refunds WHERE order_id = $1
  UNION ALL SELECT refund_id, idempotency_key, charge_id, order_id, amount_cents, currency, created_at
  FROM refunds WHERE order_id = $1
) AS made
ORDER BY created_at`,
}
