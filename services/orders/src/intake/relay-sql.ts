// What does the relay ask of the outbox?

/** NOTIFY channel: a batch of orders has been committed. */
export const intakeChannel = 'orders_intake'

/** Wakes whichever gateway relays; within a transaction, once that is committed. */
export const notifyRelay = { name: 'intake_notify', text: `SELECT pg_notify('${intakeChannel}', '')` }

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
 * Always from the lowest id that is there: ids commit out of sequence, so a mark of "the last seen" would skip late
 * ones.
 */
export const selectUnpublished = {
  name: 'relay_select_unpublished',
  text: 'SELECT id, event_id, topic, key, value, headers FROM intake_outbox ORDER BY id LIMIT $1',
}

export const deletePublished = {
  name: 'relay_delete_published',
  text: 'DELETE FROM intake_outbox WHERE id = ANY($1::bigint[])',
}

/** What is durable and not yet in Kafka. */
export interface OutboxLag {
  /** Exact up to ten thousand; beyond, what their numbers span, which may have gaps. */
  readonly rows: number
  /** Age of the oldest. */
  readonly seconds: number
}

/** Costs the same however many wait: it is asked the most when they are the most. */
export const selectLag = {
  name: 'relay_select_lag',
  text: `
WITH oldest AS MATERIALIZED (
  SELECT id, created_at FROM intake_outbox ORDER BY id LIMIT 10000
)
SELECT
  (CASE WHEN count(*) < 10000 THEN count(*)
    ELSE (SELECT id FROM intake_outbox ORDER BY id DESC LIMIT 1) - min(id) + 1 END)::float8 AS rows,
  COALESCE(EXTRACT(EPOCH FROM now() - min(created_at)), 0)::float8 AS seconds
FROM oldest`,
}
