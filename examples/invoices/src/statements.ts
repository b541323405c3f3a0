// Which statements does `take` of store.ts make, in this order?

/**
 * Locks the rows of the orders, in one order everywhere, so that no two transactions wait for each
 * other.
 */
export const upsertOrders = `
INSERT INTO orders AS known (order_id, customer_id, currency, total_cents, items, cancelled_at)
SELECT order_id, customer_id, currency, total_cents, items, cancelled_at
FROM jsonb_to_recordset($1::jsonb) AS given (
  order_id uuid, customer_id text, currency text, total_cents bigint, items jsonb, cancelled_at timestamptz
)
ORDER BY order_id
ON CONFLICT (order_id) DO UPDATE SET
  currency = COALESCE(known.currency, excluded.currency),
  total_cents = COALESCE(known.total_cents, excluded.total_cents),
  items = COALESCE(known.items, excluded.items),
  cancelled_at = COALESCE(known.cancelled_at, excluded.cancelled_at)`

export const upsertCharges = `
INSERT INTO charges AS known (
  order_id, charge_id, captured_at, captured_cents, captured_currency,
  refund_id, refunded_at, refunded_cents, refunded_currency
)
SELECT * FROM jsonb_to_recordset($1::jsonb) AS given (
  order_id uuid, charge_id text, captured_at timestamptz, captured_cents bigint, captured_currency text,
  refund_id text, refunded_at timestamptz, refunded_cents bigint, refunded_currency text
)
ORDER BY order_id, charge_id
ON CONFLICT (order_id, charge_id) DO UPDATE SET
  captured_at = COALESCE(known.captured_at, excluded.captured_at),
  captured_cents = COALESCE(known.captured_cents, excluded.captured_cents),
  captured_currency = COALESCE(known.captured_currency, excluded.captured_currency),
  refund_id = COALESCE(known.refund_id, excluded.refund_id),
  refunded_at = COALESCE(known.refunded_at, excluded.refunded_at),
  refunded_cents = COALESCE(known.refunded_cents, excluded.refunded_cents),
  refunded_currency = COALESCE(known.refunded_currency, excluded.refunded_currency)`

export const upsertParts = `
INSERT INTO partial_refunds AS known (order_id, refund_id, requested, items, charge_id, refunded_at, amount_cents, currency)
SELECT order_id, refund_id, COALESCE(requested, false), items, charge_id, refunded_at, amount_cents, currency
FROM jsonb_to_recordset($1::jsonb) AS given (
  order_id uuid, refund_id uuid, requested boolean, items jsonb, charge_id text, refunded_at timestamptz,
  amount_cents bigint, currency text
)
ORDER BY order_id, refund_id
ON CONFLICT (order_id, refund_id) DO UPDATE SET
  requested = known.requested OR excluded.requested,
  items = COALESCE(known.items, excluded.items),
  charge_id = COALESCE(known.charge_id, excluded.charge_id),
  refunded_at = COALESCE(known.refunded_at, excluded.refunded_at),
  amount_cents = COALESCE(known.amount_cents, excluded.amount_cents),
  currency = COALESCE(known.currency, excluded.currency)`

/** All that is known of the orders, in the order of the batch. */
export const selectOrders = `
SELECT jsonb_build_object(
  'orderId', o.order_id,
  'customerId', o.customer_id,
  'currency', o.currency,
  'totalCents', o.total_cents,
  'items', o.items,
  'buyer', (
    SELECT jsonb_build_object('name', b.name, 'address', b.address, 'taxId', b.tax_id, 'country', b.country)
    FROM buyers AS b WHERE b.customer_id = o.customer_id
  ),
  'charges', (
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
      'chargeId', charge_id,
      'capturedAt', captured_at, 'capturedCents', captured_cents, 'capturedCurrency', captured_currency,
      'refundId', refund_id, 'refundedAt', refunded_at,
      'refundedCents', refunded_cents, 'refundedCurrency', refunded_currency
    ) ORDER BY captured_at, charge_id), '[]')
    FROM charges WHERE charges.order_id = o.order_id
  ),
  'cancelled', o.cancelled_at IS NOT NULL,
  'parts', (
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
      'refundId', refund_id, 'chargeId', charge_id, 'amountCents', amount_cents, 'currency', currency,
      'requested', requested, 'items', items
    ) ORDER BY refunded_at, refund_id), '[]')
    FROM partial_refunds WHERE partial_refunds.order_id = o.order_id
  ),
  'invoice', (
    SELECT jsonb_build_object(
      'series', d.series, 'year', d.year, 'number', d.number, 'chargeId', d.charge_id, 'buyer', d.buyer,
      'currency', d.currency, 'netCents', d.net_cents, 'taxCents', d.tax_cents, 'grossCents', d.gross_cents,
      'lines', (
        SELECT jsonb_agg(jsonb_build_object(
          'sku', sku, 'quantity', quantity, 'unitPriceCents', unit_price_cents, 'rate', rate,
          'netCents', net_cents, 'taxCents', tax_cents, 'grossCents', gross_cents
        ) ORDER BY position)
        FROM document_lines AS l WHERE (l.series, l.year, l.number) = (d.series, d.year, d.number)
      )
    )
    FROM documents AS d WHERE d.order_id = o.order_id AND d.kind = 'invoice'
  ),
  'credits', (
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
      'refundId', d.refund_id,
      'lines', (
        SELECT jsonb_agg(jsonb_build_object('sku', sku, 'taxCents', tax_cents, 'grossCents', gross_cents) ORDER BY position)
        FROM document_lines AS l WHERE (l.series, l.year, l.number) = (d.series, d.year, d.number)
      )
    )), '[]')
    FROM documents AS d WHERE d.order_id = o.order_id AND d.kind = 'credit-note'
  )
) AS "order"
FROM unnest($1::uuid[]) WITH ORDINALITY AS batch (order_id, place)
JOIN orders AS o USING (order_id)
ORDER BY place`

/** In one order everywhere. They stay locked until the transaction ends. */
export const lockCounters = `
SELECT series, year, last_number AS "lastNumber", to_char(last_day, 'YYYY-MM-DD') AS "lastDay"
FROM counters
WHERE series = ANY ($1::text[])
ORDER BY series
FOR UPDATE`

export const createCounters = `
INSERT INTO counters (series, year, last_number, last_day)
SELECT series, extract(year FROM $2::date), 0, $2::date FROM unnest($1::text[]) AS missing (series)
ORDER BY series
ON CONFLICT DO NOTHING`

/** Counters, documents and their lines: one round trip while the counters are locked. */
export const insertDocuments = `
WITH counted AS (
  UPDATE counters SET year = given.year, last_number = given."lastNumber", last_day = given."lastDay"
  FROM jsonb_to_recordset($1::jsonb) AS given (series text, year integer, "lastNumber" bigint, "lastDay" date)
  WHERE counters.series = given.series
), issued AS (
  SELECT * FROM jsonb_to_recordset($2::jsonb) AS document (
    series text, year integer, number bigint, kind text, "issuedOn" date, "orderId" uuid, "customerId" text,
    "chargeId" text, "refundId" text, invoice text, buyer jsonb, currency text, "netCents" bigint, "taxCents" bigint,
    "grossCents" bigint, event text, lines jsonb
  )
), written AS (
  INSERT INTO documents (
    series, year, number, kind, issued_on, order_id, customer_id, charge_id, refund_id, invoice, buyer, currency,
    net_cents, tax_cents, gross_cents, event
  )
  SELECT series, year, number, kind, "issuedOn", "orderId", "customerId", "chargeId", "refundId", invoice, buyer,
    currency, "netCents", "taxCents", "grossCents", event
  FROM issued
)
INSERT INTO document_lines (
  series, year, number, position, sku, quantity, unit_price_cents, rate, net_cents, tax_cents, gross_cents
)
SELECT series, year, number, position, line ->> 'sku', (line ->> 'quantity')::integer,
  (line ->> 'unitPriceCents')::bigint, (line ->> 'rate')::integer, (line ->> 'netCents')::bigint,
  (line ->> 'taxCents')::bigint, (line ->> 'grossCents')::bigint
FROM issued, jsonb_array_elements(lines) WITH ORDINALITY AS each (line, position)`

/** The invoice of an order before its credit notes. */
export const selectUnpublished = `
SELECT series, year, number, order_id AS "orderId", customer_id AS "customerId", event
FROM documents
WHERE order_id = ANY ($1::uuid[]) AND published_at IS NULL
ORDER BY kind DESC, year, number`

export const markPublished = `
UPDATE documents SET published_at = now()
FROM jsonb_to_recordset($1::jsonb) AS sent (series text, year integer, number bigint)
WHERE (documents.series, documents.year, documents.number) = (sent.series, sent.year, sent.number)
  AND published_at IS NULL`
