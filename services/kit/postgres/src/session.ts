// How does a service hold something that belongs to one connection: an advisory lock, or LISTEN? On a connection of
// its own, outside the pool. When it is lost, so is what it held, and the holder is told at once.
import pg from 'pg'
import { databaseError } from './errors.ts'
import type { Queryable } from './pool.ts'

export interface SessionOptions {
  readonly url: string
  /** The service's NOLOGIN role and its schema of the same name. */
  readonly role: string
  readonly applicationName?: string
  readonly connectTimeoutMs?: number
  readonly statementTimeoutMs?: number
  /** Called for each NOTIFY on a channel listened to. */
  readonly onNotification?: (channel: string, payload: string) => void
  /** Told of every statement by its name: how long its answer took, and whether it failed. */
  readonly onQuery?: (statement: string, seconds: number, failed: boolean) => void
}

export interface Session extends Queryable {
  /** True only for the one session, over all processes, that holds this lock until it closes or is lost. */
  tryLock(key: string): Promise<boolean>
  listen(channel: string): Promise<void>
  /** Aborted when the connection ends, for whatever reason: nothing it held may be relied on from then on. */
  readonly lost: AbortSignal
  close(): Promise<void>
}

const plainIdentifier = /^[a-z_][a-z0-9_]{0,62}$/

/** @throws DatabaseError */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { url, role, statementTimeoutMs = 10_000 } = options
  if (!plainIdentifier.test(role)) throw new TypeError(`not a plain identifier: ${role}`)
  const client = new pg.Client({
    connectionString: url,
    options: `-c role=${role} -c search_path=${role}`,
    application_name: options.applicationName ?? role,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  })
  const lost = new AbortController()
  client.on('error', (error) => lost.abort(databaseError(error)))
  client.on('end', () => lost.abort(databaseError(new Error('the connection ended'))))
  client.on('notification', ({ channel, payload }) => options.onNotification?.(channel, payload ?? ''))

  const query = async <Row extends object>(
    statement: { readonly name: string; readonly text: string },
    values: readonly unknown[] = [],
  ): Promise<Row[]> => {
    const started = performance.now()
    let failed = true
    try {
      const { rows } = await client.query<Row>({ name: statement.name, text: statement.text, values: [...values] })
      failed = false
      return rows
    } catch (error) {
      throw databaseError(error)
    } finally {
      options.onQuery?.(statement.name, (performance.now() - started) / 1_000, failed)
    }
  }
  try {
    await client.connect()
  } catch (error) {
    throw databaseError(error)
  }
  return {
    query,
    tryLock: async (key) => {
      const rows = await query<{ locked: boolean }>(tryLock, [key])
      return rows[0]?.locked === true
    },
    listen: async (channel) => {
      await query({ name: `listen_${channel}`, text: `LISTEN ${pg.escapeIdentifier(channel)}` })
    },
    lost: lost.signal,
    close: () => client.end(),
  }
}

/**
 * Whether some session holds the lock now. For those who would only wait: asking the pool costs nothing, while a
 * session of their own just to fail would cost the server a process each time.
 */
export async function lockHeld(queryable: Queryable, key: string): Promise<boolean> {
  const rows = await queryable.query<{ held: boolean }>(lockIsHeld, [key])
  return rows[0]?.held === true
}

const tryLock = {
  name: 'session_try_lock',
  text: 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
}

const lockIsHeld = {
  name: 'session_lock_held',
  text: `SELECT EXISTS (
    SELECT FROM pg_locks, (SELECT hashtextextended($1, 0) AS key) AS wanted
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32 | objid::bigint) = wanted.key
  ) AS held`,
}
