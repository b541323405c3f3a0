// What is due to go back, and whose turn is it?
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: order ids, $2: charge ids, $3: customer ids, $4: reasons, $5: amounts or null, $6: currencies
 * or null, $7: errors or null.
 */
export const addDues: Statement = {
  name: 'payment.add-dues',
  text: `
INSERT INTO refunds_due (order_id, charge_id, customer_id, reason, amount_cents, currency, last_error)
SELECT *
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[])
  AS due (order_id, charge_id, customer_id, reason, amount_cents, currency, last_error)
ORDER BY order_id, charge_id
ON CONFLICT DO NOTHING`,
}

export interface DueRow {
  readonly orderId: string
  readonly chargeId: string
  readonly customerId: string
  readonly reason: 'GIVEN_UP' | 'SECOND_CHARGE'
  readonly attempts: number
}

/**
 * The bank has the money of a disputed charge: a refund would be a second one. Once the dispute is
 * won the refund is due again; what a lost one leaves is settled by refunds/after-disputes.ts.
 */
const notDisputed = `NOT EXISTS (
    SELECT FROM disputes WHERE disputes.charge_id = due.charge_id AND disputes.status IN ('OPEN', 'LOST'))`

/** The same for refunds of parts; one that was added after a lost dispute is of what it left. */
export const partNotDisputed = `NOT EXISTS (
    SELECT FROM disputes WHERE disputes.charge_id = due.charge_id
      AND (disputes.status = 'OPEN' OR (disputes.status = 'LOST' AND disputes.closed_at > due.created_at)))`

const nextAttempt = `attempts = attempts + 1,
  due_at = now() + least(interval '1 hour', interval '30 seconds' * 2 ^ least(attempts, 7))`

/**
 * $1: rows at most. Each one's next attempt is delayed before it is tried, longer each time and up
 * to an hour.
 */
export const claimDues: Statement = {
  name: 'payment.claim-dues',
  text: `
UPDATE refunds_due
SET ${nextAttempt}
WHERE (order_id, charge_id) IN (
  SELECT order_id, charge_id FROM refunds_due AS due
  WHERE due_at <= now() AND ${notDisputed}
  ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING order_id AS "orderId", charge_id AS "chargeId", customer_id AS "customerId", reason, attempts`,
}

export type LostDueRow = Pick<DueRow, 'orderId' | 'chargeId' | 'customerId' | 'reason'> & {
  readonly lostCents: number
}

/**
 * Refunds of whole charges of which a dispute was lost, and none is open. One that is not in the
 * books waits until the comparison with the provider has found it; one whose order has parts that
 * were due waits until these are refused, and so part of what is left. $1: rows at most, which are
 * delayed as those of `claimDues`.
 */
export const claimDuesOfLostDisputes: Statement = {
  name: 'payment.claim-dues-of-lost-disputes',
  text: `
UPDATE refunds_due AS claimed
SET ${nextAttempt}
WHERE (order_id, charge_id) IN (
  SELECT order_id, charge_id FROM refunds_due AS due
  WHERE due_at <= now()
    AND EXISTS (SELECT FROM disputes WHERE disputes.charge_id = due.charge_id AND disputes.status = 'LOST')
    AND NOT EXISTS (SELECT FROM disputes WHERE disputes.charge_id = due.charge_id AND disputes.status = 'OPEN')
    AND EXISTS (SELECT FROM payments WHERE payments.order_id = due.order_id AND payments.charge_id IS NOT NULL)
    AND NOT EXISTS (SELECT FROM partial_refunds AS part WHERE part.order_id = due.order_id AND part.status = 'DUE')
  ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING order_id AS "orderId", charge_id AS "chargeId", customer_id AS "customerId", reason,
  (SELECT sum(amount_cents)::float8 FROM disputes
   WHERE disputes.charge_id = claimed.charge_id AND disputes.status = 'LOST') AS "lostCents"`,
}

/** $1: order id, $2: charge id, $3: the provider's answer. */
export const noteDueError: Statement = {
  name: 'payment.note-due-error',
  text: `UPDATE refunds_due SET last_error = $3 WHERE order_id = $1 AND charge_id = $2`,
}

/** $1: order id, $2: charge id. */
export const deleteDue: Statement = {
  name: 'payment.delete-due',
  text: `DELETE FROM refunds_due WHERE order_id = $1 AND charge_id = $2`,
}

export interface DueSum {
  readonly reason: string
  readonly currency: string
  readonly count: number
  readonly cents: number
}

/**
 * Without those of disputed charges; refunds of parts have the reason PART. By the amount of the
 * due, or else of its order's payment or pending charge. An amount that is not known counts as one
 * minor unit of the currency `unknown`: the sum is 0 only where nothing is due.
 */
export const sumDues: Statement = {
  name: 'payment.sum-dues',
  text: `
SELECT reason, COALESCE(due.currency, payment.currency, pending.currency, 'unknown') AS currency, count(*)::float8 AS count,
  sum(COALESCE(due.amount_cents, payment.amount_cents, pending.amount_cents, 1))::float8 AS cents
FROM refunds_due due LEFT JOIN payments payment USING (order_id) LEFT JOIN charges_pending pending USING (order_id)
WHERE ${notDisputed}
GROUP BY 1, 2
UNION ALL
SELECT 'PART', currency, count(*)::float8, sum(amount_cents)::float8
FROM partial_refunds AS due
WHERE status = 'DUE' AND ${partNotDisputed}
GROUP BY 2`,
}
