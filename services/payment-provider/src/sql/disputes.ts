// What does the ledger have of disputes?
import type { Statement } from '@orderpipeline/postgres'

/** $1: order id. Its captured charge, which no refund changes until the transaction has ended. */
export const lockCapturedCharge: Statement = {
  name: 'payment-provider.lock-captured-charge',
  text: `SELECT charge_id AS "chargeId" FROM charges WHERE order_id = $1::uuid AND status = 'captured' FOR UPDATE`,
}

/** What refunds have left of the charge $2. */
const leftCents = `charges.amount_cents
  - COALESCE((SELECT sum(amount_cents) FROM refunds WHERE charge_id = $2::uuid), 0)::bigint
  - COALESCE((SELECT sum(amount_cents) FROM partial_refunds WHERE charge_id = $2::uuid), 0)::bigint`

/**
 * $1: dispute id, $2: charge id, $3: amount, or null for all that is left, $4: reason. Nothing
 * where so much is not left of the charge, and where it is disputed already.
 */
export const insertDispute: Statement = {
  name: 'payment-provider.insert-dispute',
  text: `
INSERT INTO disputes (dispute_id, charge_id, amount_cents, reason)
SELECT $1::uuid, charge_id, COALESCE($3::bigint, ${leftCents}), $4::text
FROM charges
WHERE charge_id = $2::uuid AND COALESCE($3::bigint, 1) <= ${leftCents}
ON CONFLICT DO NOTHING`,
}

/** $1: dispute id, $2: WON or LOST. One that is closed stays as it is. */
export const closeDispute: Statement = {
  name: 'payment-provider.close-dispute',
  text: `UPDATE disputes SET status = $2::text, changed_at = now() WHERE dispute_id = $1::uuid AND status = 'OPEN'`,
}

const disputes = `
SELECT dispute_id AS "disputeId", charge_id AS "chargeId", order_id AS "orderId", customer_id AS "customerId",
  disputes.amount_cents AS "amountCents", currency, disputes.reason, disputes.status
FROM disputes JOIN charges USING (charge_id)`

/** $1: dispute id. */
export const selectDispute: Statement = {
  name: 'payment-provider.select-dispute',
  text: `${disputes} WHERE dispute_id = $1::uuid`,
}

/** $1: charge id. */
export const selectDisputeOfCharge: Statement = {
  name: 'payment-provider.select-dispute-of-charge',
  text: `${disputes} WHERE charge_id = $1::uuid`,
}

/**
 * $1: since when they were opened or closed, $2 and $3: change and id of the last one of the page
 * before, or null, $4: rows at most. The oldest change first; a change is in microseconds of Unix
 * time.
 */
export const selectChangedDisputes: Statement = {
  name: 'payment-provider.select-changed-disputes',
  text: `
SELECT dispute_id AS "disputeId", charge_id AS "chargeId", order_id AS "orderId", customer_id AS "customerId",
  disputes.amount_cents AS "amountCents", currency, disputes.reason, disputes.status,
  (extract(epoch FROM changed_at) * 1000000)::bigint AS "changedMicros"
FROM disputes JOIN charges USING (charge_id)
WHERE changed_at >= $1::timestamptz
  AND ($2::bigint IS NULL OR (changed_at, dispute_id) > (timestamptz 'epoch' + $2 * interval '1 microsecond', $3::uuid))
ORDER BY changed_at, dispute_id
LIMIT $4`,
}
