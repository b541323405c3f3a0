// Which rows can no message come for any more?
import type { Statement } from '@orderpipeline/kit-postgres'

/** $1: hours they are kept; $2: rows at most. Rows another replica prunes are passed over. */
export const pruneInbox: Statement = {
  name: 'inbox.prune',
  text: `
DELETE FROM inbox
WHERE event_id IN (
  SELECT event_id
  FROM inbox
  WHERE received_at < now() - make_interval(hours => $1)
  LIMIT $2
  FOR UPDATE SKIP LOCKED
)
RETURNING event_id`,
}

/** $1: rows at most. What is kept for a message is written with its inbox row, and is of no use without it. */
export const pruneOutbox: Statement = {
  name: 'outbox.prune',
  text: `
DELETE FROM outbox
WHERE id IN (
  SELECT id
  FROM outbox
  WHERE NOT EXISTS (SELECT FROM inbox WHERE event_id = source_id)
  LIMIT $1
  FOR UPDATE SKIP LOCKED
)
RETURNING id`,
}
