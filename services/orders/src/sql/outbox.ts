// What is written to the outbox of the intake, and what does the relay read and delete there?
import type { Statement } from '@orderpipeline/postgres'

/** NOTIFY channel: a batch of orders has been committed. */
export const intakeChannel = 'orders_intake'

/** Wakes whichever gateway relays; within a transaction, once that is committed. */
export const notifyRelay: Statement = {
  name: 'orders.notify-relay',
  text: `SELECT pg_notify('${intakeChannel}', '')`,
}

/**
 * $1: event ids, $2: topics, $3: keys, $4: values, $5: headers as JSON; ids rising in the order
 * given.
 */
export const addToOutbox: Statement = {
  name: 'orders.add-to-outbox',
  text: `
INSERT INTO intake_outbox (event_id, topic, key, value, headers)
SELECT event_id, topic, key, value, headers
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[]) WITH ORDINALITY
  AS row (event_id, topic, key, value, headers, position)
ORDER BY position`,
}

/** The advisory lock of the one session that may relay. */
export const relayLock = 'orders.intake_outbox relay'

export interface OutboxRow {
  readonly id: string
  readonly event_id: string
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * From the stored bound (relay-bound.ts), and from the lowest id that is there: ids commit out of
 * sequence, so a mark of "the last seen" would skip late ones.
 */
export const selectUnpublished: Statement = {
  name: 'orders.select-unpublished',
  text: `
SELECT id, event_id, topic, key, value, headers FROM intake_outbox
WHERE id >= (SELECT from_id FROM intake_outbox_bound)
ORDER BY id LIMIT $1`,
}

/** The least id that waits, or the one after all that were ever drawn. */
export const leastUnpublished: Statement = {
  name: 'orders.select-least-unpublished',
  text: `
SELECT coalesce(
  (SELECT id FROM intake_outbox WHERE id >= (SELECT from_id FROM intake_outbox_bound) ORDER BY id LIMIT 1),
  (SELECT last_value + is_called::int FROM intake_outbox_id_seq)
) AS from_id`,
}

/** Transactions with a lower number have ended or are running. */
export const runningNow: Statement = {
  name: 'orders.select-running-transactions',
  text: 'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xmax',
}

/** $1: an id, $2: the number that no transaction had reached when it was noted. No row: not yet. */
export const raiseBound: Statement = {
  name: 'orders.raise-bound',
  text: `
UPDATE intake_outbox_bound
SET from_id = greatest(from_id, $1::bigint)
WHERE pg_snapshot_xmin(pg_current_snapshot()) >= $2::xid8
  AND NOT EXISTS (SELECT FROM intake_outbox WHERE id >= from_id AND id < $1::bigint)
RETURNING from_id`,
}

export const lowestBelowBound: Statement = {
  name: 'orders.select-lowest-below-bound',
  text: `
SELECT id FROM intake_outbox
WHERE id < (SELECT from_id FROM intake_outbox_bound)
ORDER BY id LIMIT 1`,
}

/** $1: an id. */
export const lowerBound: Statement = {
  name: 'orders.lower-bound',
  text: 'UPDATE intake_outbox_bound SET from_id = least(from_id, $1::bigint)',
}

export const deletePublished: Statement = {
  name: 'orders.delete-published',
  text: 'DELETE FROM intake_outbox WHERE id = ANY($1::bigint[])',
}

/** What is durable and not yet in Kafka. */
export interface OutboxLag {
  /** Exact up to ten thousand; beyond, what their numbers span, which may have gaps. */
  readonly rows: number
  /** Age of the oldest. */
  readonly seconds: number
}

/** Costs the same however many rows wait: it runs most often when there are most of them. */
export const selectLag: Statement = {
  name: 'orders.select-lag',
  text: `
WITH oldest AS MATERIALIZED (
  SELECT id, created_at FROM intake_outbox
  WHERE id >= (SELECT from_id FROM intake_outbox_bound)
  ORDER BY id LIMIT 10000
)
SELECT
  (CASE WHEN count(*) < 10000 THEN count(*)
    ELSE (SELECT id FROM intake_outbox ORDER BY id DESC LIMIT 1) - min(id) + 1 END)::float8 AS rows,
  COALESCE(EXTRACT(EPOCH FROM now() - min(created_at)), 0)::float8 AS seconds
FROM oldest`,
}
