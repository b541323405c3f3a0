// What does the payment stage read and write, a batch at a time?
import type { Statement } from '@orderpipeline/postgres'

const columns = `order_id AS "orderId", customer_id AS "customerId", status, amount_cents AS "amountCents", currency,
  charge_id AS "chargeId", refund_id AS "refundId", decline_reason AS "declineReason",
  NULLIF(partly_refunded_cents, 0) AS "partlyRefundedCents",
  NULLIF(EXISTS (SELECT FROM disputes WHERE disputes.charge_id = payments.charge_id AND disputes.status IN ('OPEN', 'LOST')), false)
    AS disputed`

/** $1: order ids. */
export const paymentsOf: Statement = {
  name: 'payment.select-payments',
  text: `SELECT ${columns} FROM payments WHERE order_id = ANY ($1::uuid[])`,
}

/** $1: event ids. */
export const appliedEvents: Statement = {
  name: 'payment.select-applied-events',
  text: `SELECT event_id FROM inbox WHERE event_id = ANY ($1::uuid[])`,
}

/**
 * $1: order ids. It returns no columns: a statement that has waited for a lock sees other tables,
 * such as disputes, as they were before it waited.
 */
export const lockPayments: Statement = {
  name: 'payment.lock-payments',
  text: `SELECT FROM payments WHERE order_id = ANY ($1::uuid[]) ORDER BY order_id FOR NO KEY UPDATE`,
}

const parameters = `unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
  AS given (order_id, customer_id, amount_cents, currency, status, charge_id, decline_reason, refund_id)`

/**
 * $1: order ids, $2: customer ids, $3: amounts, $4: currencies, $5: statuses, $6: charge ids or
 * null, $7: reasons or null, $8: refund ids or null. Fewer rows back than given: another replica
 * has just decided on one of them.
 */
export const addPayments: Statement = {
  name: 'payment.add-payments',
  text: `
INSERT INTO payments (order_id, customer_id, amount_cents, currency, status, charge_id, decline_reason, refund_id)
SELECT * FROM ${parameters}
ORDER BY order_id`,
}

/** As `addPayments`, for those that are there. */
export const changePayments: Statement = {
  name: 'payment.change-payments',
  text: `
UPDATE payments
SET amount_cents = given.amount_cents, currency = given.currency, status = given.status, charge_id = given.charge_id,
    decline_reason = given.decline_reason, refund_id = given.refund_id, updated_at = now()
FROM ${parameters}
WHERE payments.order_id = given.order_id`,
}
