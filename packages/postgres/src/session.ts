// How does a service hold something that belongs to one connection: an advisory lock, or LISTEN? On
// a connection of its own, outside the pool. When the connection is lost, so are its locks, and
// `lost` aborts at once.
//
// The server keeps them as long as it believes in the connection, which can be hours where a node
// has died or a component in between is frozen. So a session is a lease: the server ends one that
// is idle for a while, and the session sends heartbeats more often.
import { sleep } from '@orderpipeline/retry'
import pg from 'pg'
import { connectionCheck, connectionOptions, refuseConnection } from './connection.ts'
import type { CheckedConnection, DatabaseAddress } from './connection.ts'
import { databaseError } from './errors.ts'
import type { Queryable } from './pool.ts'
import { optionsRefused } from './undeclared-pooler.ts'

/**
 * The address of the server itself, or of a pooler in session mode: a lock outlasts a transaction.
 */
export interface SessionOptions extends DatabaseAddress {
  /** The service's NOLOGIN role and its schema of the same name. */
  readonly role: string
  readonly applicationName?: string
  readonly connectTimeoutMs?: number
  readonly statementTimeoutMs?: number
  /** The server ends a session that is idle for this long, milliseconds; default 15 s. */
  readonly leaseMs?: number
  /** Called for each NOTIFY on a channel listened to. */
  readonly onNotification?: (channel: string, payload: string) => void
  /** Called for every statement with its name: how long its answer took, and whether it failed. */
  readonly onQuery?: (statement: string, seconds: number, failed: boolean) => void
}

export interface Session extends Queryable {
  /**
   * True only for the one session, of all processes, that holds this lock until it closes or is
   * lost.
   */
  tryLock(key: string): Promise<boolean>
  listen(channel: string): Promise<void>
  /**
   * Aborted when the connection ends, for whatever reason: from then on nothing that it held is
   * certain.
   */
  readonly connectionEnded: AbortSignal
  close(): Promise<void>
}

const plainIdentifier = /^[a-z_][a-z0-9_]{0,62}$/

/** @throws DatabaseError */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { role, statementTimeoutMs = 10_000, connectTimeoutMs = 5_000, leaseMs = 15_000 } = options
  if (!plainIdentifier.test(role)) throw new TypeError(`not a plain identifier: ${role}`)
  const client = new pg.Client({
    ...connectionOptions(options, `-c role=${role} -c search_path=${role}`),
    application_name: options.applicationName ?? role,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 5_000,
  })
  const lostController = new AbortController()
  client.on('error', (error) => lostController.abort(databaseError(error)))
  client.on('end', () => lostController.abort(databaseError(new Error('the connection ended'))))
  client.on('notification', ({ channel, payload }) => options.onNotification?.(channel, payload ?? ''))

  const query = async <Row extends object>(
    statement: { readonly name: string; readonly text: string },
    values: readonly unknown[] = [],
  ): Promise<Row[]> => {
    const startedAt = performance.now()
    let failed = true
    try {
      const { rows } = await client.query<Row>({ name: statement.name, text: statement.text, values: [...values] })
      failed = false
      return rows
    } catch (error) {
      throw databaseError(error)
    } finally {
      options.onQuery?.(statement.name, (performance.now() - startedAt) / 1_000, failed)
    }
  }
  try {
    await client.connect()
    const check = { name: 'session_check', text: connectionCheck }
    refuseConnection(await query<CheckedConnection>(check), { role, schema: role, readOnly: false })
    await query(lease, [String(leaseMs), String(Math.ceil(leaseMs / 3_000))])
  } catch (error) {
    await client.end().catch(() => undefined)
    throw optionsRefused(error) ?? databaseError(error)
  }
  void keepAlive(() => query(heartbeat), leaseMs / 3, lostController)
  return {
    query,
    tryLock: async (key) => {
      const rows = await query<{ locked: boolean }>(tryLock, [key])
      return rows[0]?.locked === true
    },
    listen: async (channel) => {
      await query({ name: `listen_${channel}`, text: `LISTEN ${pg.escapeIdentifier(channel)}` })
    },
    connectionEnded: lostController.signal,
    // The server may not answer the end any more.
    close: async () => {
      await Promise.race([client.end(), sleep(connectTimeoutMs, undefined, { ref: false })])
      client.connection.stream.destroy()
    },
  }
}

/** A heartbeat that gets no answer is the session's end. */
async function keepAlive(
  sendHeartbeat: () => Promise<unknown>,
  everyMs: number,
  lostController: AbortController,
): Promise<void> {
  while (!lostController.signal.aborted) {
    await sleep(everyMs, lostController.signal, { ref: false })
    if (!lostController.signal.aborted) await sendHeartbeat().catch((error: unknown) => lostController.abort(error))
  }
}

const heartbeat = { name: 'session_heartbeat', text: 'SELECT' }

/**
 * $1: the lease in milliseconds, $2: a third of it in seconds. Where the node has died, TCP's own
 * limits end the connection even while the server waits for an acknowledgement of its data. A
 * server without one of these settings does without.
 */
const lease = {
  name: 'session_lease',
  text: `
SELECT set_config(name, value, false)
FROM (VALUES ('idle_session_timeout', $1::text), ('tcp_user_timeout', $1), ('tcp_keepalives_idle', $2::text),
  ('tcp_keepalives_interval', $2), ('tcp_keepalives_count', '3')) AS wanted (name, value)
WHERE EXISTS (SELECT FROM pg_settings WHERE pg_settings.name = wanted.name)`,
}

/**
 * Whether some session holds the lock now. For callers that would only wait: asking the pool costs
 * nothing, while a session of their own just to fail would cost the server a process each time.
 */
export async function isLockHeld(queryable: Queryable, key: string): Promise<boolean> {
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
