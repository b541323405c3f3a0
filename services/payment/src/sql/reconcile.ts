// What is read and written when payments are compared with the provider's list?
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: name of the pass, $2: the replica, $3: seconds of a stretch, $4: seconds that it must be
 * past. No row: nothing is old enough, or another replica is at it. The lease ends by itself, which
 * is also the pause after a comparison that failed.
 */
export const claimStretch: Statement = {
  name: 'payment.claim-stretch',
  text: `
UPDATE reconciliations
SET holder = $2, leased_until = now() + interval '10 minutes'
WHERE name = $1 AND leased_until < now() AND compared_to + make_interval(secs => $3) <= now() - make_interval(secs => $4)
RETURNING compared_to AS since, compared_to + make_interval(secs => $3) AS until`,
}

/** $1: name of the pass, $2: who had it, $3: up to when it has been compared. */
export const finishStretch: Statement = {
  name: 'payment.finish-stretch',
  text: `UPDATE reconciliations SET compared_to = $3, leased_until = '-infinity' WHERE name = $1 AND holder = $2`,
}

/**
 * $1: the replica. No row: the list of changed disputes has just been read, or another replica is
 * at it. Its lease ends as that of a comparison does.
 */
export const claimChanges: Statement = {
  name: 'payment.claim-dispute-changes',
  text: `
UPDATE reconciliations
SET holder = $1, leased_until = now() + interval '2 minutes'
WHERE name = 'disputes' AND leased_until < now() AND compared_to < now() - interval '5 seconds'
RETURNING compared_to AS since, now() AS until`,
}

/** Seconds that are not compared yet, by pass. */
export const reconcileAges: Statement = {
  name: 'payment.select-ages',
  text: `SELECT name, extract(epoch FROM now() - compared_to)::float8 AS seconds FROM reconciliations`,
}

/**
 * $1, $2: ids between which those of orders lie that were placed in the stretch, $3: rows at most.
 * Ids of version 7 begin with their time, so the primary key finds them. The provider need not know
 * orders of 0.
 */
export const capturesOfOrders: Statement = {
  name: 'payment.select-captures',
  text: `
SELECT order_id AS "orderId", charge_id AS "chargeId"
FROM payments
WHERE order_id > $1::uuid AND order_id < $2::uuid AND status = 'CAPTURED' AND amount_cents > 0
ORDER BY order_id
LIMIT $3`,
}

/** $1: order ids, $2: charge ids, $3: kinds, $4: details. */
export const addDifferences: Statement = {
  name: 'payment.add-differences',
  text: `
INSERT INTO payment_differences (order_id, charge_id, kind, detail)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS given (order_id, charge_id, kind, detail)
ON CONFLICT DO NOTHING`,
}

export const countDifferences: Statement = {
  name: 'payment.count-differences',
  text: `SELECT kind, count(*)::float8 AS count FROM payment_differences GROUP BY kind`,
}

/** $1: order id. What was given back is due again. */
export const markDueAgain: Statement = {
  name: 'payment.mark-due-again',
  text: `
INSERT INTO refunds_due (order_id, charge_id, customer_id, reason, amount_cents, currency, last_error)
SELECT order_id, charge_id, customer_id, 'GIVEN_UP', amount_cents, currency, 'the provider says that the refund failed'
FROM payments WHERE order_id = $1 AND status = 'REFUNDED'
ON CONFLICT DO NOTHING`,
}
