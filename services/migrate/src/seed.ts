// What does a fresh shop sell? SKU-0001, SKU-0002, … each with a price that follows from its number. Seeding adds what is
// missing and changes nothing that is there.

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
