// What is read and written of charges that the provider has not decided yet?
import type { Statement } from '@orderpipeline/postgres'

/** $1: order ids, $2: customer ids, $3: amounts, $4: currencies. */
export const addPending: Statement = {
  name: 'payment.add-pending',
  text: `
INSERT INTO charges_pending (order_id, customer_id, amount_cents, currency)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[]) AS given (order_id, customer_id, amount_cents, currency)
ORDER BY order_id
ON CONFLICT DO NOTHING`,
}

/**
 * $1: rows at most. Each one's next query is delayed before this one, from 15 seconds to an hour.
 */
export const claimPending: Statement = {
  name: 'payment.claim-pending',
  text: `
UPDATE charges_pending
SET attempts = attempts + 1, due_at = now() + least(interval '1 hour', interval '15 seconds' * 2 ^ least(attempts, 8))
WHERE order_id IN (
  SELECT order_id FROM charges_pending WHERE due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING order_id AS "orderId", customer_id AS "customerId", amount_cents AS "amountCents", currency`,
}

/** $1: order id. A webhook has said that something is new. */
export const hastenPending: Statement = {
  name: 'payment.hasten-pending',
  text: `UPDATE charges_pending SET due_at = now(), attempts = 0 WHERE order_id = $1`,
}

/** $1: order id. */
export const deletePending: Statement = {
  name: 'payment.delete-pending',
  text: `DELETE FROM charges_pending WHERE order_id = $1`,
}

export const countPending: Statement = {
  name: 'payment.count-pending',
  text: `SELECT count(*)::float8 AS count FROM charges_pending`,
}
