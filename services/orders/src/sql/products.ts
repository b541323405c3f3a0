// What is sold, at what price, and what is written when a product changes?
import type { Statement } from '@orderpipeline/postgres'

/** $1: SKU, $2: name, $3: price in minor units, $4: its currency. */
export const putProduct: Statement = {
  name: 'orders.put-product',
  text: `
INSERT INTO products (sku, name, price_cents, currency)
VALUES ($1, $2, $3, $4)
ON CONFLICT (sku) DO UPDATE
SET name = excluded.name, price_cents = excluded.price_cents, currency = excluded.currency
RETURNING xmax = 0 AS made`,
}

/** $1: SKU, $2: the further currencies that it is still sold in. */
export const keepPrices: Statement = {
  name: 'orders.keep-prices',
  text: `DELETE FROM product_prices WHERE sku = $1 AND currency <> ALL ($2::text[])`,
}

/** $1: SKU, $2: currencies, $3: prices in their minor units. */
export const putPrices: Statement = {
  name: 'orders.put-prices',
  text: `
INSERT INTO product_prices (sku, currency, price_cents)
SELECT $1, currency, price_cents FROM unnest($2::text[], $3::bigint[]) AS price (currency, price_cents)
ON CONFLICT (sku, currency) DO UPDATE SET price_cents = excluded.price_cents`,
}

/** $1: SKU. */
export const deleteProduct: Statement = {
  name: 'orders.delete-product',
  text: `DELETE FROM products WHERE sku = $1 RETURNING sku`,
}

/** $1: skus. In every currency they are sold in. */
export const pricesOf: Statement = {
  name: 'orders.select-prices',
  text: `SELECT sku, currency, price_cents FROM prices WHERE sku = ANY ($1::text[])`,
}

const productColumns = `sku, name, price_cents AS "priceCents", currency, (
  SELECT json_agg(json_build_object('currency', p.currency, 'priceCents', p.price_cents) ORDER BY p.currency)
  FROM prices AS p WHERE p.sku = products.sku
) AS prices, (
  SELECT availability_of(a.available, a.low) FROM product_availability AS a WHERE a.sku = products.sku
) AS availability`

/** $1: SKU. */
export const selectProduct: Statement = {
  name: 'orders.select-product',
  text: `SELECT ${productColumns} FROM products WHERE sku = $1`,
}

/** $1: SKU after which the page begins, $2: rows at most. */
export const selectProductPage: Statement = {
  name: 'orders.select-product-page',
  text: `SELECT ${productColumns} FROM products WHERE sku > $1 ORDER BY sku LIMIT $2`,
}
