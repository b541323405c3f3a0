// How does a service reach its own schema, and nothing else, with bounded connections and bounded waits?
import pg from 'pg'
import { databaseError } from './errors.ts'
import type { DatabaseError } from './errors.ts'
import { GatheringSocket } from './gathering-socket.ts'

export interface PoolOptions {
  /** `postgres://login:password@host:port/database` */
  readonly url: string
  /** The service's NOLOGIN role, entered on connecting; the login role must be a member. */
  readonly role: string
  /** Default: the role's name. */
  readonly schema?: string
  readonly size: number
  readonly applicationName?: string
  /** How long a caller waits for a connection, new or free. */
  readonly connectTimeoutMs?: number
  readonly statementTimeoutMs?: number
  readonly lockTimeoutMs?: number
  /** Told when an idle connection dies; the pool replaces it by itself. */
  readonly onIdleError?: (error: Error) => void
  /** Told of every statement by its name: how long its answer took, and whether it failed. */
  readonly onQuery?: (statement: string, seconds: number, failed: boolean) => void
}

/** Text with $1-style parameters; the name makes the server keep its plan for the connection. */
export interface Statement {
  readonly name: string
  readonly text: string
}

export interface Queryable {
  /** @throws DatabaseError */
  query<Row extends object>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>
}

/** What is asked and sent in one turn of the event loop costs one round trip. */
export interface Transaction extends Queryable {
  /** For what nobody waits for: should it fail, so does the transaction. */
  send(statement: Statement, values?: readonly unknown[]): void
}

export interface Pool extends Queryable {
  /** Commits what `work` did, or rolls all of it back. @throws DatabaseError, or what `work` threw. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  readonly size: number
  counts(): { readonly total: number; readonly idle: number; readonly waiting: number }
  close(): Promise<void>
}

const identifier = /^[a-z_][a-z0-9_]{0,62}$/
const int8 = 20

export function createPool(options: PoolOptions): Pool {
  const { role, schema = role } = options
  for (const name of [role, schema]) {
    if (!identifier.test(name)) throw new TypeError(`not a plain identifier: ${name}`)
  }
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.size,
    options: `-c role=${role} -c search_path=${schema}`,
    application_name: options.applicationName ?? role,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    statement_timeout: options.statementTimeoutMs ?? 10_000,
    lock_timeout: options.lockTimeoutMs ?? 5_000,
    idle_in_transaction_session_timeout: 30_000,
    // A connection whose peer is gone gives no answer at all: the client gives up shortly after the server would have.
    query_timeout: (options.statementTimeoutMs ?? 10_000) + 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    pipeline: true,
    stream: () => new GatheringSocket(),
    types: { getTypeParser: parserOf },
  })
  pool.on('error', options.onIdleError ?? (() => undefined))
  // A connection can die in the very packet that completes it, before whoever asked for it can listen; an error that nobody listens
  // to would end the process. Its query, or its next one, rejects all the same.
  pool.on('connect', (client) => client.on('error', () => undefined))

  return {
    size: options.size,
    query: (statement, values) => run(pool, statement, values, options.onQuery),
    transaction: (work) => transaction(pool, work, options.onQuery),
    counts: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  }
}

/** bigint columns hold cents and counts that fit a safe integer, so they are read as numbers. */
function parserOf(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === int8) return Number
  const parser: unknown = pg.types.getTypeParser(oid, format)
  return parser as (value: string) => unknown
}

async function run<Row extends object>(
  client: pg.Pool | pg.PoolClient,
  statement: Statement,
  values: readonly unknown[] = [],
  onQuery?: PoolOptions['onQuery'],
): Promise<Row[]> {
  const started = performance.now()
  let failed = true
  try {
    const result = await client.query<Row>({ name: statement.name, text: statement.text, values: [...values] })
    failed = false
    return result.rows
  } catch (error) {
    throw databaseError(error)
  } finally {
    onQuery?.(statement.name, (performance.now() - started) / 1_000, failed)
  }
}

async function transaction<T>(
  pool: pg.Pool,
  work: (tx: Transaction) => Promise<T>,
  onQuery: PoolOptions['onQuery'],
): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw databaseError(error)
  })
  let broken: Error | undefined
  /** Whatever fails behind it says only that something has failed. */
  let first: DatabaseError | undefined
  const sent: Promise<unknown>[] = []
  const query: Transaction['query'] = async (statement, values) => {
    try {
      return await run(client, statement, values, onQuery)
    } catch (error) {
      throw (first ??= databaseError(error))
    }
  }
  const send: Transaction['send'] = (statement, values) => {
    const answered = query(statement, values)
    // Looked at before the end; without this, one that fails early would count as unhandled.
    answered.catch(() => undefined)
    sent.push(answered)
  }
  try {
    send(begin)
    const result = await work({ query, send })
    // Behind a statement that failed, the server makes a rollback of it.
    send(commit)
    await Promise.all(sent)
    if (first) throw first
    return result
  } catch (error) {
    await run(client, rollback).catch((rollbackError: unknown) => {
      broken = databaseError(rollbackError)
    })
    throw error
  } finally {
    client.release(broken)
  }
}

const begin: Statement = { name: 'begin', text: 'BEGIN' }
const commit: Statement = { name: 'commit', text: 'COMMIT' }
const rollback: Statement = { name: 'rollback', text: 'ROLLBACK' }
