// How does a batch of messages become suspicions of fraud, each once? stage.ts calls `judge`
// for each batch: one transaction in the schema fraud_check, with one statement for each step. A
// sighting is a row for an order or a declined payment, a suspicion a row for a suspicious order.
import pg from 'pg'
import { suspicion, suspicionType } from './events.ts'
import type { Sighting } from './events.ts'
import { reasonsFor } from './rules.ts'
import type { Limits } from './rules.ts'

export interface Suspicion {
  readonly orderId: string
  readonly customerId: string
  /** The event to publish. */
  readonly event: string
}

export interface StoreOptions {
  readonly url: string
  readonly poolSize: number
  readonly windowMinutes: number
  readonly limits: Limits
  /** Suspicions are requests to hold the order. */
  readonly holds?: boolean
  readonly onIdleError: (error: Error) => void
}

/** The database is unavailable or overloaded: no message's fault. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError'
  readonly reason = 'DatabaseAway'
  readonly outage = true
}

async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken = true
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    broken = false
    return result
  } finally {
    client.release(broken) // a connection that failed is not used again; its end rolls back
  }
}

export type Store = ReturnType<typeof createStore>

function openPool({ url, poolSize, onIdleError }: Pick<StoreOptions, 'url' | 'poolSize' | 'onIdleError'>): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    options: '-c role=fraud_check -c search_path=fraud_check',
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
    query_timeout: 12_000,
    keepAlive: true,
  })
  pool.on('error', onIdleError)
  // The pool listens to idle connections only. One that ends in the packet of its last answer emits
  // its error between two statements, and an error without a listener would end the process. The
  // next statement rejects all the same.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

export function createStore({ windowMinutes, limits, holds = false, ...connection }: StoreOptions) {
  const pool = openPool(connection)
  return {
    /**
     * Returns every suspicion of these orders, those of an earlier time included: they may not have
     * been published then. A sighting is judged once: when it comes again, later ones of its
     * customer would count too, and an order that was passed on must not be held.
     * @throws DatabaseUnavailableError
     */
    judge: async (sightings: readonly Sighting[], now: Date): Promise<Suspicion[]> => {
      if (sightings.length === 0) return []
      const column = <Field extends keyof Sighting>(field: Field) => sightings.map((sighting) => sighting[field])
      try {
        return await transaction(pool, async (client) => {
          const { rows: added } = await client.query<{ event_id: string }>(addSightings, [
            ...[column('eventId'), column('kind'), column('customerId'), column('time')],
          ])
          const newIds = added.map(({ event_id }) => event_id)
          const { rows: counts } = await client.query<Counts>(countSightings, [newIds, windowMinutes])
          const countsOf = new Map(counts.map((row) => [row.event_id, row]))
          const allSuspicions = sightings.flatMap((sighting) => {
            const { count, declines } = countsOf.get(sighting.eventId) ?? {}
            if (count === undefined || declines === undefined) return []
            const why = reasonsFor({ ...sighting, count, declines }, limits, holds)
            return why.length === 0 ? [] : [{ ...sighting, event: suspicion(sighting, why, now, holds) }]
          })
          // An order may be suspected twice: for itself, and for its payment. The first counts.
          const suspicions = [...new Map(allSuspicions.toReversed().map((one) => [one.orderId, one])).values()]
          if (suspicions.length > 0)
            await client.query(addSuspicions, [
              suspicions.map(({ orderId }) => orderId),
              suspicions.map(({ customerId }) => customerId),
              suspicions.map(({ event }) => event),
            ])
          const { rows } = await client.query<Suspicion>(suspicionsOf, [column('orderId'), suspicionType(holds)])
          return rows
        })
      } catch (error) {
        throw isOfTheData(error)
          ? error
          : new DatabaseUnavailableError('the database does not answer', { cause: error })
      }
    },
    /**
     * Deletes what can neither be counted nor be delivered again: Kafka keeps a message for a week.
     * Suspicions are kept for longer.
     */
    forget: async (): Promise<void> => {
      await pool.query(forgetSightings)
      await pool.query(forgetSuspicions)
    },
    close: () => pool.end(),
  }
}

/**
 * Data exceptions, constraints, and errors of our own code; every other failure is retried,
 * including tables that are not there yet.
 */
function isOfTheData(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof pg.DatabaseError && /^(22|23)/.test(error.code ?? ''))
}

const addSightings = `
INSERT INTO sightings (event_id, kind, customer_id, at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS seen (event_id, kind, customer_id, at)
ORDER BY event_id
ON CONFLICT DO NOTHING
RETURNING event_id`

interface Counts {
  readonly event_id: string
  readonly count: number
  readonly declines: number
}

/** Counted by the time of the events, so that a backlog is judged like the day it is from. */
const countSightings = `
SELECT this.event_id, count(*) FILTER (WHERE other.kind = this.kind)::int AS count,
  count(*) FILTER (WHERE other.kind = 'decline')::int AS declines
FROM sightings AS this
JOIN sightings AS other ON other.customer_id = this.customer_id
  AND other.at <= this.at AND other.at > this.at - make_interval(mins => $2)
WHERE this.event_id = ANY ($1::uuid[])
GROUP BY this.event_id`

const addSuspicions = `
INSERT INTO suspicions (order_id, customer_id, event)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]) AS found (order_id, customer_id, event)
ORDER BY order_id
ON CONFLICT (order_id) DO UPDATE
SET event = EXCLUDED.event, raised_at = now()
WHERE suspicions.event::jsonb ->> 'type' <> EXCLUDED.event::jsonb ->> 'type'`

/** Without those from before the stage held orders, or from when it did: no person acts on them. */
const suspicionsOf = `
SELECT order_id AS "orderId", customer_id AS "customerId", event
FROM suspicions
WHERE order_id = ANY ($1::uuid[]) AND event::jsonb ->> 'type' = $2
ORDER BY raised_at, order_id`

const forgetSightings = `
DELETE FROM sightings
WHERE event_id IN (SELECT event_id FROM sightings WHERE received_at < now() - interval '8 days' LIMIT 20000)`

/**
 * An order may be held for three weeks. Until its end its reservation must not be passed on, should
 * it be published again.
 */
const forgetSuspicions = `
DELETE FROM suspicions
WHERE order_id IN (SELECT order_id FROM suspicions WHERE raised_at < now() - interval '30 days' LIMIT 20000)`
