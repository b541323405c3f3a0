// What does the replica that publishes stock levels read and write?
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: this process, $2: seconds for which it publishes. No row: another one does. `due`: levels
 * are to be compared with the stock, which was not done for $3 seconds.
 */
export const claimPublishing: Statement = {
  name: 'inventory.claim-publishing',
  text: `
UPDATE stock_publisher
SET holder = $1, until = now() + make_interval(secs => $2)
WHERE holder = $1 OR until < now()
RETURNING compared_at < now() - make_interval(secs => $3) AS due`,
}

/** $1: this process. Another one may publish at once. */
export const stopPublishing: Statement = {
  name: 'inventory.stop-publishing',
  text: `UPDATE stock_publisher SET holder = NULL, until = now() WHERE holder = $1`,
}

/** $1: rows at most. Returns the SKUs that changed, each once. */
export const takeChanges: Statement = {
  name: 'inventory.take-changes',
  text: `
WITH taken AS (
  DELETE FROM stock_changes
  WHERE ctid = ANY (ARRAY (SELECT ctid FROM stock_changes LIMIT $1))
  RETURNING sku
)
SELECT DISTINCT sku FROM taken`,
}

/**
 * $1: SKUs, $2: pieces below which a SKU is low, unless it has a limit of its own. The version
 * rises also after the database was set back to an earlier moment, since it is no lower than the
 * clock.
 */
export const noteLevels: Statement = {
  name: 'inventory.note-levels',
  text: `
INSERT INTO stock_levels AS noted (sku, available, low, low_below, version)
SELECT sku, available, available < COALESCE(low_below, $2), COALESCE(low_below, $2),
  (extract(epoch FROM clock_timestamp()) * 1000)::bigint
FROM stock
WHERE sku = ANY ($1::text[])
ORDER BY sku
ON CONFLICT (sku) DO UPDATE
SET available = excluded.available,
    low = excluded.low,
    low_below = excluded.low_below,
    version = GREATEST(noted.version + 1, excluded.version)
WHERE (noted.available, noted.low) IS DISTINCT FROM (excluded.available, excluded.low)`,
}

/**
 * Reads all of the stock: what was changed by hand, by a version that notes no changes, or while
 * levels were not published. $1: as $2 of noteLevels, $2: rows at most.
 */
export const differing: Statement = {
  name: 'inventory.select-differing-levels',
  text: `
SELECT stock.sku
FROM stock LEFT JOIN stock_levels AS noted USING (sku)
WHERE (noted.available, noted.low)
  IS DISTINCT FROM (stock.available, stock.available < COALESCE(stock.low_below, $1))
LIMIT $2`,
}

export const compared: Statement = {
  name: 'inventory.note-comparison',
  text: `UPDATE stock_publisher SET compared_at = now()`,
}

/**
 * $1: seconds between two levels of a SKU that only rose or fell; a change to or from none, and to
 * or from low, is published at once. $2: rows at most.
 */
export const levelsToSend: Statement = {
  name: 'inventory.select-levels-to-send',
  text: `
SELECT sku, available, low, low_below, version, low AND sent_low IS NOT TRUE AS went_low
FROM stock_levels
WHERE version > sent_version
  AND (sent_at IS NULL OR sent_at < now() - make_interval(secs => $1)
    OR low <> sent_low OR (available = 0) <> (sent_available = 0))
ORDER BY sku
LIMIT $2`,
}

/** $1: SKUs, $2: versions, $3: pieces, $4: whether low. */
export const markLevelsSent: Statement = {
  name: 'inventory.mark-levels-sent',
  text: `
UPDATE stock_levels
SET sent_version = sent.version, sent_available = sent.available, sent_low = sent.low, sent_at = now()
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::boolean[]) AS sent (sku, version, available, low)
WHERE stock_levels.sku = sent.sku AND stock_levels.sent_version < sent.version`,
}

/** $1: rows at most. */
export const replenishmentsToSend: Statement = {
  name: 'inventory.select-replenishments',
  text: `SELECT id, delivery, sku, quantity, at FROM replenishments ORDER BY id LIMIT $1`,
}

/** $1: ids. */
export const deleteReplenishments: Statement = {
  name: 'inventory.delete-replenishments',
  text: `DELETE FROM replenishments WHERE id = ANY ($1::bigint[])`,
}

/**
 * $1: deliveries' names, $2: SKUs, $3: pieces; a pair of a name and a SKU once. Books those that
 * were not booked before, and returns them. They are noted for publication only where levels have
 * been published within a day: elsewhere nothing would ever delete the rows.
 */
export const bookDeliveries: Statement = {
  name: 'inventory.book-deliveries',
  text: `
WITH booked AS (
  INSERT INTO restocks (delivery, sku, quantity)
  SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) AS brought (delivery, sku, quantity)
  ORDER BY delivery, sku
  ON CONFLICT DO NOTHING
  RETURNING delivery, sku, quantity
), published AS (
  SELECT FROM stock_publisher WHERE until > now() - interval '1 day'
), to_tell AS (
  INSERT INTO replenishments (delivery, sku, quantity)
  SELECT delivery, sku, quantity FROM booked, published ORDER BY sku
), changed AS (
  INSERT INTO stock_changes (sku) SELECT DISTINCT sku FROM booked, published
), added AS (
  INSERT INTO stock AS present (sku, available)
  SELECT sku, sum(quantity) FROM booked GROUP BY sku ORDER BY sku
  ON CONFLICT (sku) DO UPDATE SET available = present.available + excluded.available
)
SELECT delivery, sku FROM booked`,
}
