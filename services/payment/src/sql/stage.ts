// What does the payment stage write?
import type { Statement } from '@orderpipeline/kit-postgres'

/** $1: order ids, $2: customer ids, $3: amounts, $4: currencies, $5: statuses, $6: charge ids or null, $7: reasons or null. */
export const addPayments: Statement = {
  name: 'payment.add',
  text: `
INSERT INTO payments (order_id, customer_id, amount_cents, currency, status, charge_id, decline_reason)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
ON CONFLICT DO NOTHING`,
}
