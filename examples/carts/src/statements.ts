// Which statements follow a customer's cart? Each may be repeated.

/**
 * $1: customer, $2: items, $3: time. A cart that was closed is a new one. One that was reported and
 * changes is not reported again.
 */
export const changeCart = `
INSERT INTO carts AS known (customer_id, items, changed_at) VALUES ($1, $2, $3)
ON CONFLICT (customer_id) DO UPDATE
SET items = excluded.items, changed_at = excluded.changed_at,
    cart_id = CASE WHEN known.items = '[]' THEN gen_random_uuid() ELSE known.cart_id END,
    reported_at = CASE WHEN known.items = '[]' THEN NULL ELSE known.reported_at END
WHERE known.changed_at < excluded.changed_at`

/** $1: customer, $2: time. What was reported has to be taken back. */
export const closeCart = `
WITH now_closed AS (
  INSERT INTO carts AS known (customer_id, items, changed_at) VALUES ($1, '[]', $2)
  ON CONFLICT (customer_id) DO UPDATE SET items = '[]', changed_at = excluded.changed_at
  WHERE known.changed_at < excluded.changed_at
  RETURNING cart_id, customer_id, reported_at
)
INSERT INTO closed (cart_id, customer_id)
SELECT cart_id, customer_id FROM now_closed WHERE reported_at IS NOT NULL
ON CONFLICT DO NOTHING`

/** $1 and $2: seconds since the last change, at least and at most, $3: rows. */
export const lockLeft = `
SELECT cart_id AS "cartId", customer_id AS "customerId", items FROM carts
WHERE reported_at IS NULL AND items <> '[]'
  AND changed_at <= now() - make_interval(secs => $1) AND changed_at > now() - make_interval(secs => $2)
ORDER BY changed_at
LIMIT $3
FOR UPDATE SKIP LOCKED`

/** $1: customers. */
export const markReported = `UPDATE carts SET reported_at = now() WHERE customer_id = ANY ($1::text[])`

/** $1: rows. */
export const lockClosed = `
SELECT cart_id AS "cartId", customer_id AS "customerId" FROM closed
ORDER BY cart_id
LIMIT $1
FOR UPDATE SKIP LOCKED`

/** $1: carts. */
export const deleteClosed = `DELETE FROM closed WHERE cart_id = ANY ($1::uuid[])`

/** $1: customer, $2: SKU, $3: time. */
export const keepView = `
INSERT INTO views AS known (customer_id, sku, viewed_at) VALUES ($1, $2, $3)
ON CONFLICT (customer_id, sku) DO UPDATE SET viewed_at = excluded.viewed_at
WHERE known.viewed_at < excluded.viewed_at`

/** $1: customer, $2: SKUs, $3: time. */
export const keepRecommendation = `
INSERT INTO recommendations AS known (customer_id, skus, made_at) VALUES ($1, $2, $3)
ON CONFLICT (customer_id) DO UPDATE SET skus = excluded.skus, made_at = excluded.made_at
WHERE known.made_at < excluded.made_at`

/** $1: customer, $2: SKUs at most. */
export const selectSuggested = `
SELECT sku FROM (
  SELECT DISTINCT ON (sku) sku, source, place FROM (
    SELECT sku, 1 AS source, place
    FROM recommendations, unnest(skus) WITH ORDINALITY AS recommended (sku, place) WHERE customer_id = $1
    UNION ALL
    SELECT sku, 2, row_number() OVER (ORDER BY viewed_at DESC, sku)
    FROM (SELECT sku, viewed_at FROM views WHERE customer_id = $1 ORDER BY viewed_at DESC, sku LIMIT 100) AS latest
  ) AS every
  ORDER BY sku, source, place
) AS once
ORDER BY source, place
LIMIT $2`

/** $1: days, $2: rows. */
export const prunings = [
  `DELETE FROM views WHERE (customer_id, sku) IN (
     SELECT customer_id, sku FROM views WHERE viewed_at < now() - make_interval(days => $1) LIMIT $2)`,
  `DELETE FROM recommendations WHERE customer_id IN (
     SELECT customer_id FROM recommendations WHERE made_at < now() - make_interval(days => $1) LIMIT $2)`,
  `DELETE FROM carts WHERE customer_id IN (
     SELECT customer_id FROM carts WHERE changed_at < now() - make_interval(days => $1) LIMIT $2 FOR UPDATE SKIP LOCKED)`,
]

/** $1: customer. */
export const forgetting = ['closed', 'carts', 'recommendations', 'views'].map(
  (table) => `DELETE FROM ${table} WHERE customer_id = $1`,
)
