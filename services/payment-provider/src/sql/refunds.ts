// What does the ledger have of refunds?
import type { Statement } from '@orderpipeline/postgres'

/** $1: refund id, $2: key, $3: charge id. Nothing where no such charge was captured. */
export const insertRefund: Statement = {
  name: 'payment-provider.insert-refund',
  text: `
INSERT INTO refunds (refund_id, idempotency_key, charge_id, order_id, amount_cents, currency)
SELECT $1::uuid, $2::text, charge_id, order_id, amount_cents, currency FROM charges
WHERE charge_id = $3::uuid AND status = 'captured'
ON CONFLICT DO NOTHING`,
}

const refundColumns = `refund_id AS "refundId", charge_id AS "chargeId", order_id AS "orderId",
  amount_cents AS "amountCents", currency`

/** $1: charge id. */
export const selectRefund: Statement = {
  name: 'payment-provider.select-refund',
  text: `SELECT ${refundColumns} FROM refunds WHERE charge_id = $1`,
}

/** $1: order id. */
export const selectRefundsOfOrder: Statement = {
  name: 'payment-provider.select-refunds-of-order',
  text: `SELECT ${refundColumns} FROM refunds WHERE order_id = $1 ORDER BY created_at`,
}
