// Which rows can no message come for any more? Functions of the schema create and drop whole days
// of the inbox (migrations/0002_inbox_by_day.sql).
import type { Statement } from '@orderpipeline/postgres'

export const makeInboxDays: Statement = {
  name: 'inbox.make-days',
  text: `SELECT to_char(day::timestamp, 'YYYY-MM-DD') AS day FROM make_inbox_days() AS day`,
}

/** $1: hours they are kept. The table that was dropped, or null where none can be. */
export const dropInboxDay: Statement = {
  name: 'inbox.drop-day',
  text: `SELECT drop_inbox_day($1) AS name`,
}

/**
 * $1: hours they are kept; $2: rows at most. Only messages that belong to no day. Rows that another
 * replica prunes are skipped.
 */
export const pruneInbox: Statement = {
  name: 'inbox.prune',
  text: `
DELETE FROM inbox_default
WHERE event_id IN (
  SELECT event_id
  FROM inbox_default
  WHERE received_at < now() - $1::float8 * interval '1 hour'
  ORDER BY received_at
  LIMIT $2
  FOR UPDATE SKIP LOCKED
)
RETURNING event_id`,
}

/**
 * $1: rows at most. The events of a message are written with its inbox row, and are of no use
 * without it. OFFSET 0 keeps the planner from reading the whole inbox for a join: each row is
 * looked up in its own day.
 */
export const pruneOutbox: Statement = {
  name: 'outbox.prune',
  text: `
DELETE FROM outbox
WHERE id IN (
  SELECT id
  FROM outbox
  WHERE NOT EXISTS (SELECT FROM inbox WHERE event_id = source_id OFFSET 0)
  LIMIT $1
  FOR UPDATE SKIP LOCKED
)
RETURNING id`,
}
