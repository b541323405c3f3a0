// What has a stage yet to publish?
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: source ids, $2: topics, $3: keys, $4: values, $5: headers as JSON; one entry a row, ids
 * rising in the order given.
 */
export const insertOutbox: Statement = {
  name: 'outbox.keep',
  text: `
INSERT INTO outbox (source_id, topic, key, value, headers)
SELECT source_id, topic, key, value, headers
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[]) WITH ORDINALITY
  AS row (source_id, topic, key, value, headers, position)
ORDER BY position`,
}

/** $1: ids of messages that came before: their events that a crash kept from being published. */
export const selectUnpublished: Statement = {
  name: 'outbox.unpublished',
  text: `
SELECT source_id, topic, key, value, headers
FROM outbox
WHERE source_id = ANY ($1::uuid[])
ORDER BY id`,
}

/** $1: source ids. */
export const deletePublished: Statement = {
  name: 'outbox.settle',
  text: `DELETE FROM outbox WHERE source_id = ANY ($1::uuid[])`,
}
