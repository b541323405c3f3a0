// What does the ledger have of charges?
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: charge ids, $2: keys, $3: order ids, $4: customer ids, $5: amounts, $6: currencies, $7:
 * statuses, $8: reasons or null. Sorted, or two replicas with the same keys could each wait for the
 * other. Returns those whose key was new.
 */
export const insertCharges: Statement = {
  name: 'payment-provider.insert-charges',
  text: `
INSERT INTO charges (charge_id, idempotency_key, order_id, customer_id, amount_cents, currency, status, reason)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[])
  AS t (charge_id, idempotency_key, order_id, customer_id, amount_cents, currency, status, reason)
ORDER BY idempotency_key
ON CONFLICT (idempotency_key) DO NOTHING
RETURNING charge_id AS "chargeId"`,
}

/**
 * $1: charge id, $2: key, $3: order id, $4: customer id. XXX is what ISO 4217 calls no currency.
 */
export const insertVoid: Statement = {
  name: 'payment-provider.insert-void',
  text: `
INSERT INTO charges (charge_id, idempotency_key, order_id, customer_id, amount_cents, currency, status)
VALUES ($1, $2, $3, $4, 0, 'XXX', 'voided')
ON CONFLICT (idempotency_key) DO NOTHING`,
}

/** The columns of a Charge. */
const chargeColumns = `charge_id AS "chargeId", idempotency_key AS "idempotencyKey", order_id AS "orderId",
  customer_id AS "customerId", amount_cents AS "amountCents", currency, status, reason`

/** $1: key. */
export const selectCharge: Statement = {
  name: 'payment-provider.select-charge',
  text: `SELECT ${chargeColumns} FROM charges WHERE idempotency_key = $1`,
}

/** $1: keys. */
export const selectChargesByKey: Statement = {
  name: 'payment-provider.select-charges-by-key',
  text: `SELECT ${chargeColumns} FROM charges WHERE idempotency_key = ANY($1::text[])`,
}

/** $1: order id. */
export const selectChargesOfOrder: Statement = {
  name: 'payment-provider.select-charges-of-order',
  text: `SELECT ${chargeColumns} FROM charges WHERE order_id = $1 ORDER BY created_at`,
}

/** $1, $2: ids between which they lie, $3: rows at most. */
export const selectCaptures: Statement = {
  name: 'payment-provider.select-captures',
  text: `
SELECT charges.charge_id AS "chargeId", charges.order_id AS "orderId", charges.customer_id AS "customerId",
  charges.amount_cents AS "amountCents", charges.currency,
  (COALESCE(refunds.amount_cents, 0) + COALESCE((
    SELECT sum(part.amount_cents) FROM partial_refunds AS part WHERE part.charge_id = charges.charge_id), 0))::float8 AS "refundedCents",
  EXISTS (SELECT FROM disputes WHERE disputes.charge_id = charges.charge_id) AS disputed
FROM charges LEFT JOIN refunds USING (charge_id)
WHERE charge_id > $1::uuid AND charge_id < $2::uuid AND status = 'captured'
ORDER BY charge_id
LIMIT $3`,
}

export const readinessCheck: Statement = {
  name: 'payment-provider.check-readiness',
  text: 'SELECT FROM charges LIMIT 1',
}
