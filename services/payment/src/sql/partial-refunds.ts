// What is read and written of refunds of parts?
import type { Statement } from '@orderpipeline/postgres'
import { partNotDisputed } from './dues.ts'

const columns = `refund_id AS "refundId", order_id AS "orderId", customer_id AS "customerId", charge_id AS "chargeId",
  amount_cents AS "amountCents", currency, status, refusal, provider_refund_id AS "providerRefundId",
  correlation_id AS "correlationId", traceparent`

const delay = `least(interval '1 hour', interval '30 seconds' * 2 ^ least(attempts, 7))`

/** $1: refund ids. */
export const partialRefundsOf: Statement = {
  name: 'payment.select-partial-refunds',
  text: `SELECT ${columns} FROM partial_refunds WHERE refund_id = ANY ($1::uuid[])`,
}

/**
 * $1: refund ids, $2: order ids, $3: customer ids, $4: charge ids or null, $5: amounts, $6:
 * currencies, $7: statuses, $8: refusals or null, $9: correlation ids or null, $10: traceparents or
 * null, $11: the provider's ids or null. The table's trigger adds them up in the payments, whose
 * rows are locked.
 */
export const addPartialRefunds: Statement = {
  name: 'payment.add-partial-refunds',
  text: `
INSERT INTO partial_refunds
  (refund_id, order_id, customer_id, charge_id, amount_cents, currency, status, refusal, correlation_id, traceparent,
   provider_refund_id)
SELECT *
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
  $11::text[])
ON CONFLICT DO NOTHING`,
}

/**
 * $1: rows at most. Each one's next attempt is delayed before it is tried, longer each time and up
 * to an hour.
 */
export const claimPartialRefunds: Statement = {
  name: 'payment.claim-partial-refunds',
  text: `
UPDATE partial_refunds
SET attempts = attempts + 1, due_at = now() + ${delay}
WHERE refund_id IN (
  SELECT refund_id FROM partial_refunds AS due
  WHERE status = 'DUE' AND due_at <= now() AND ${partNotDisputed}
  ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING ${columns}, attempts`,
}

/** $1: refund id, $2: REFUNDED or REFUSED, $3: the provider's id or null, $4: refusal or null. */
export const settlePartialRefund: Statement = {
  name: 'payment.settle-partial-refund',
  text: `
UPDATE partial_refunds
SET status = $2, provider_refund_id = COALESCE($3, provider_refund_id), refusal = $4, last_error = NULL, updated_at = now()
WHERE refund_id = $1 AND status = 'DUE'`,
}

/** $1: refund id, $2: the provider's answer. */
export const notePartialRefundError: Statement = {
  name: 'payment.note-partial-refund-error',
  text: `UPDATE partial_refunds SET last_error = $2 WHERE refund_id = $1`,
}

/** $1: refund id. The provider says that it has failed since: it is due again. */
export const markPartDueAgain: Statement = {
  name: 'payment.mark-part-due-again',
  text: `
UPDATE partial_refunds
SET status = 'DUE', due_at = now(), last_error = 'the provider says that the refund failed', updated_at = now()
WHERE refund_id = $1 AND status = 'REFUNDED'`,
}

/** $1: order ids. Cents that the provider has confirmed. */
export const madeOfOrders: Statement = {
  name: 'payment.sum-made-parts',
  text: `
SELECT order_id AS "orderId", sum(amount_cents)::float8 AS cents
FROM partial_refunds WHERE order_id = ANY ($1::uuid[]) AND status = 'REFUNDED'
GROUP BY 1`,
}

/**
 * Parts that were due when a dispute of their charge was lost. $1: rows at most. The provider is
 * asked about each; the next time is delayed as that of `claimPartialRefunds`.
 */
export const claimPartsOfLostDisputes: Statement = {
  name: 'payment.claim-parts-of-lost-disputes',
  text: `
UPDATE partial_refunds
SET attempts = attempts + 1, due_at = now() + ${delay}
WHERE refund_id IN (
  SELECT refund_id FROM partial_refunds AS due
  WHERE status = 'DUE' AND due_at <= now() AND EXISTS (
    SELECT FROM disputes
    WHERE disputes.charge_id = due.charge_id AND disputes.status = 'LOST' AND disputes.closed_at > due.created_at)
  ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING ${columns}`,
}
