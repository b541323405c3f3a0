// What does the orders service keep of the inventory's levels?
import type { Statement } from '@orderpipeline/postgres'

/** $1: SKUs, each once, sorted; $2: pieces, $3: whether low, $4: versions. */
export const noteAvailability: Statement = {
  name: 'orders.note-availability',
  text: `
INSERT INTO product_availability AS known (sku, available, low, version)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::boolean[], $4::bigint[]) AS level (sku, available, low, version)
ON CONFLICT (sku) DO UPDATE
SET available = excluded.available, low = excluded.low, version = excluded.version, updated_at = now()
WHERE known.version < excluded.version`,
}

const view = `json_build_object('sku', sku, 'available', available, 'low', low, 'updatedAt', updated_at) AS view`

/**
 * $1: SKU after which the page begins, $2: rows at most, $3: whether only what runs low, $4: how
 * each SKU begins, or an empty text.
 */
export const selectStock: Statement = {
  name: 'orders.select-stock',
  text: `
SELECT ${view}
FROM product_availability
WHERE sku > $1 AND sku >= $4 AND (low OR NOT $3) AND starts_with(sku, $4)
ORDER BY sku
LIMIT $2`,
}

/** $1: SKUs. */
export const selectStockOf: Statement = {
  name: 'orders.select-stock-of',
  text: `SELECT ${view} FROM product_availability WHERE sku = ANY ($1::text[]) ORDER BY sku`,
}
