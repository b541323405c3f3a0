// What does a fresh shop sell? SKU-0001, SKU-0002, … each with a price that follows from its
// number. Only an empty shop is seeded (migrate.ts); two runs at once add each product once.

/** One row where there is no product, none otherwise. */
export const isEmpty = `SELECT 1 WHERE NOT EXISTS (SELECT FROM products)`

/** $1: how many. */
export const seedProducts = `
INSERT INTO products (sku, name, price_cents)
SELECT 'SKU-' || lpad(n::text, 4, '0'), 'Product ' || n, 499 + (n * 7919) % 9500
FROM generate_series(1, $1::int) AS n
ON CONFLICT DO NOTHING`

/** $1: how many, $2: pieces of each. */
export const seedStock = `
INSERT INTO stock (sku, available)
SELECT 'SKU-' || lpad(n::text, 4, '0'), $2::bigint
FROM generate_series(1, $1::int) AS n
ON CONFLICT DO NOTHING`
