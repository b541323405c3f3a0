// Which of these messages are new? The statement also deletes the events that Kafka has
// acknowledged.
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: event ids, sorted (two replicas that insert the same ids in another order would deadlock);
 * $2: settled source ids.
 */
export const insertInbox: Statement = {
  name: 'inbox.take-in',
  text: `
WITH settled AS (
  DELETE FROM outbox WHERE source_id = ANY ($2::uuid[])
)
INSERT INTO inbox (event_id)
SELECT unnest($1::uuid[])
ON CONFLICT DO NOTHING
RETURNING event_id`,
}
