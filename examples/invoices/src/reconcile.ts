// Do the documents of a day agree with its payments? Compared is every order that was charged,
// refunded or cancelled on the day, or has a document of the day, as far as the stage has consumed
// the events.
import type { Day } from './calendar.ts'
import { rowsOf } from './database.ts'
import { differencesOf } from './differences.ts'
import type { Account, Difference } from './differences.ts'
import { numberText } from './numbers.ts'

export interface ReconcileOptions {
  readonly databaseUrl: string
  readonly day: Day
  readonly timeZone: string
  readonly onDifference: (difference: Difference) => Promise<void>
}

export interface Reconciled {
  readonly orders: number
  readonly documents: number
  readonly differences: number
}

export async function reconcile(options: ReconcileOptions): Promise<Reconciled> {
  const { databaseUrl, day, timeZone, onDifference } = options
  let [orders, documents, differences] = [0, 0, 0]
  const report = async (difference: Difference) => {
    differences++
    await onDifference(difference)
  }
  for await (const { account } of rowsOf<{ account: Account }>(databaseUrl, selectAccounts, [day, timeZone])) {
    orders++
    documents += account.documents.length
    for (const difference of differencesOf(account)) await report(difference)
  }
  for await (const { series, year, number } of rowsOf<Missing>(databaseUrl, selectMissing, [day])) {
    const about = numberText({ series, year, number: Number(number) })
    await report({ kind: 'NUMBER_MISSING', about, message: 'no document has this number' })
  }
  return { orders, documents, differences }
}

interface Missing {
  readonly series: string
  readonly year: number
  readonly number: string
}

const selectAccounts = `
WITH day AS (
  SELECT $1::date AS day, $1::date::timestamp AT TIME ZONE $2 AS starts,
    ($1::date + 1)::timestamp AT TIME ZONE $2 AS ends
), of_day AS (
  SELECT order_id FROM charges, day WHERE captured_at >= starts AND captured_at < ends
  UNION SELECT order_id FROM charges, day WHERE refunded_at >= starts AND refunded_at < ends
  UNION SELECT order_id FROM partial_refunds, day WHERE refunded_at >= starts AND refunded_at < ends
  UNION SELECT order_id FROM orders, day WHERE cancelled_at >= starts AND cancelled_at < ends
  UNION SELECT order_id FROM documents, day WHERE issued_on = day
)
SELECT jsonb_build_object(
  'orderId', o.order_id,
  'priced', o.items IS NOT NULL,
  'cancelled', o.cancelled_at IS NOT NULL,
  'charges', (
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
      'chargeId', charge_id, 'capturedCents', captured_cents, 'capturedCurrency', captured_currency,
      'refundedCents', refunded_cents
    ) ORDER BY captured_at, charge_id), '[]')
    FROM charges WHERE charges.order_id = o.order_id
  ),
  'partlyRefundedCents', (
    SELECT COALESCE(sum(amount_cents), 0) FROM partial_refunds WHERE partial_refunds.order_id = o.order_id
  ),
  'documents', (
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
      'series', series, 'year', year, 'number', number, 'kind', kind, 'chargeId', charge_id,
      'currency', currency, 'netCents', net_cents, 'taxCents', tax_cents, 'grossCents', gross_cents,
      'lineNetCents', line_net, 'lineTaxCents', line_tax
    ) ORDER BY kind DESC), '[]')
    FROM documents AS d, LATERAL (
      SELECT COALESCE(sum(net_cents), 0) AS line_net, COALESCE(sum(tax_cents), 0) AS line_tax
      FROM document_lines AS l WHERE (l.series, l.year, l.number) = (d.series, d.year, d.number)
    ) AS lines
    WHERE d.order_id = o.order_id
  )
) AS account
FROM of_day JOIN orders AS o USING (order_id)
ORDER BY o.order_id`

/** Next to the numbers of the day, and up to the counter. */
const selectMissing = `
SELECT series, year, number FROM (
  SELECT series, year, number - 1 AS number FROM documents WHERE issued_on = $1 AND number > 1
  UNION
  SELECT series, d.year, number + 1 FROM documents AS d JOIN counters AS c USING (series)
  WHERE issued_on = $1 AND d.year = c.year AND d.number < c.last_number
) AS expected
WHERE NOT EXISTS (
  SELECT FROM documents AS d WHERE (d.series, d.year, d.number) = (expected.series, expected.year, expected.number)
)
ORDER BY series, year, number`
