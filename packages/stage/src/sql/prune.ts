// With which statements are the inbox and the outbox of a stage pruned? The inbox is partitioned by
// day; functions of the schema create and drop whole days (migrations/0002_inbox_by_day.sql).
import type { Statement } from '@orderpipeline/postgres'

/** Creates today's partition and those of the next days. Returns the days that it created. */
export const makeInboxDays: Statement = {
  name: 'inbox.make-days',
  text: `SELECT to_char(day::timestamp, 'YYYY-MM-DD') AS day FROM make_inbox_days() AS day`,
}

/**
 * $1: hours that rows are kept. Drops at most one table of the inbox, if all of its rows are older.
 * Returns the name of the dropped table, or null if none can be dropped.
 */
export const dropInboxDay: Statement = {
  name: 'inbox.drop-day',
  text: `SELECT drop_inbox_day($1) AS name`,
}

/**
 * $1: hours that rows are kept; $2: rows at most. Deletes old rows of the default partition, which
 * holds the messages that belong to no day. Rows that another replica is deleting are skipped.
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
 * $1: rows at most. Deletes the events of messages whose inbox row is deleted: an event is stored
 * together with that row, and is not needed without it. OFFSET 0 keeps the planner from reading the
 * whole inbox for a join: each row is looked up in its own day.
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
