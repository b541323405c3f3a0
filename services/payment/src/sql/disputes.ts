// What is read and written of disputes, and which ones is the provider asked about?
import type { Statement } from '@orderpipeline/postgres'

/** $1: dispute ids. Those that are watched already are asked about at once. */
export const watchDisputes: Statement = {
  name: 'payment.watch-disputes',
  text: `
INSERT INTO disputes_watched (dispute_id) SELECT DISTINCT unnest($1::text[]) ORDER BY 1
ON CONFLICT (dispute_id) DO UPDATE SET due_at = now(), attempts = 0`,
}

/**
 * $1: rows at most. Each one's next query is delayed before this one, from 15 seconds to half a
 * day: a dispute is open for weeks.
 */
export const claimWatched: Statement = {
  name: 'payment.claim-watched-disputes',
  text: `
UPDATE disputes_watched
SET attempts = attempts + 1, due_at = now() + least(interval '12 hours', interval '15 seconds' * 2 ^ least(attempts, 12))
WHERE dispute_id IN (
  SELECT dispute_id FROM disputes_watched WHERE due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING dispute_id AS "disputeId"`,
}

/** $1: dispute id. */
export const stopWatching: Statement = {
  name: 'payment.stop-watching-dispute',
  text: `DELETE FROM disputes_watched WHERE dispute_id = $1`,
}

const columns = `dispute_id AS "disputeId", order_id AS "orderId", charge_id AS "chargeId", customer_id AS "customerId",
  amount_cents AS "amountCents", currency, reason, status`

/** $1: dispute id. */
export const disputeOf: Statement = {
  name: 'payment.select-dispute',
  text: `SELECT ${columns} FROM disputes WHERE dispute_id = $1`,
}

/**
 * $1: dispute id, $2: order id, $3: charge id, $4: customer id, $5: amount, $6: currency, $7:
 * reason, $8: status. One that is closed stays as it is, and an amount stays as it was recorded.
 */
export const recordDispute: Statement = {
  name: 'payment.record-dispute',
  text: `
INSERT INTO disputes (dispute_id, order_id, charge_id, customer_id, amount_cents, currency, reason, status, closed_at)
VALUES ($1, $2::uuid, $3, $4, $5::bigint, $6, $7, $8, CASE WHEN $8 <> 'OPEN' THEN now() END)
ON CONFLICT (dispute_id) DO UPDATE SET status = EXCLUDED.status, closed_at = EXCLUDED.closed_at
WHERE disputes.status = 'OPEN' AND EXCLUDED.status <> 'OPEN'`,
}

/** $1: charge ids. Which of them have a dispute here? */
export const disputedCharges: Statement = {
  name: 'payment.select-disputed-charges',
  text: `SELECT DISTINCT charge_id AS "chargeId" FROM disputes WHERE charge_id = ANY ($1::text[])`,
}

export interface DisputeSum {
  readonly status: 'OPEN' | 'WON' | 'LOST'
  readonly currency: string
  readonly count: number
  readonly cents: number
}

export const sumDisputes: Statement = {
  name: 'payment.sum-disputes',
  text: `
SELECT status, currency, count(*)::float8 AS count, sum(amount_cents)::float8 AS cents
FROM disputes GROUP BY 1, 2`,
}
