// How does a service reach its own schema, and nothing else, with bounded connections and bounded
// waits?
import pg from 'pg'
import { connectionCheck, connectionOptions, refuseConnection } from './connection.ts'
import type { CheckedConnection, ConnectionNeeds, DatabaseAddress } from './connection.ts'
import { DatabaseError, databaseError } from './errors.ts'
import { GatheringSocket } from './gathering-socket.ts'
import { isUndeclaredPooler, optionsRefused } from './undeclared-pooler.ts'

export interface PoolOptions extends DatabaseAddress {
  /**
   * The address is that of a pooler in transaction mode, such as PgBouncer: nothing is asked of a
   * connection that would outlast a transaction. Role, schema and time-outs are set in each
   * transaction's first packet, and statements have no names.
   */
  readonly pooled?: boolean | undefined
  /** Unless set, a server that takes no writes is refused on connecting. */
  readonly readOnly?: boolean
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
  /** How long a transaction may wait for its next statement, before the server ends it. */
  readonly idleTransactionTimeoutMs?: number
  /** Age at which a connection is replaced; by default drawn between 300 and 420. */
  readonly lifetimeSeconds?: number
  /** Called when an idle connection dies; the pool replaces it by itself. */
  readonly onIdleError?: (error: Error) => void
  /**
   * Called where a pooler lies before the database and `pooled` does not say so, as long as no
   * connection has been of use: what is configured is wrong, and will stay so.
   */
  readonly onUndeclaredPooler?: ((message: string) => void) | undefined
  /** Called for every statement with its name: how long its answer took, and whether it failed. */
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

/** Statements of one turn of the event loop cost one round trip. */
export interface Transaction extends Queryable {
  /** For a statement whose answer is not needed: if it fails, so does the transaction. */
  send(statement: Statement, values?: readonly unknown[]): void
}

export interface Pool extends Queryable {
  /**
   * Commits what `work` did, or rolls all of it back. @throws DatabaseError, or what `work` threw.
   */
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
  const connectTimeoutMs = options.connectTimeoutMs ?? 5_000
  const settings: Settings = {
    statement_timeout: options.statementTimeoutMs ?? 10_000,
    lock_timeout: options.lockTimeoutMs ?? 5_000,
    idle_in_transaction_session_timeout: options.idleTransactionTimeoutMs ?? 30_000,
  }
  const pool = new pg.Pool({
    ...connectionOptions(options, options.pooled ? undefined : `-c role=${role} -c search_path=${schema}`),
    ...(options.pooled ? {} : settings),
    max: options.size,
    application_name: options.applicationName ?? role,
    connectionTimeoutMillis: connectTimeoutMs,
    // A dead peer gives no answer at all: the client gives up shortly after the server would have.
    query_timeout: settings.statement_timeout + 5_000,
    idleTimeoutMillis: 30_000,
    // A failover or a proxy may leave a connection wrong though it seems well; the limit ends it.
    // Drawn once for each process, so that a hundred of them do not reconnect together.
    maxLifetimeSeconds: options.lifetimeSeconds ?? Math.round(300 + 120 * Math.random()),
    pipeline: true,
    stream: () => new GatheringSocket(),
    types: { getTypeParser: parserOf },
    ...(options.pooled
      ? {}
      : { onConnect: checking({ role, schema, readOnly: options.readOnly ?? false }, connectTimeoutMs) }),
  })
  pool.on('error', options.onIdleError ?? (() => undefined))
  // A connection can die in the very packet that completes it, before its caller can listen; an
  // error event without a listener would end the process. Its query, or its next one, rejects all
  // the same.
  pool.on('connect', (client) => client.on('error', () => undefined))

  const connect = connecting(pool, options)
  const { onQuery } = options
  const entering = options.pooled ? entry(role, schema, settings) : undefined
  const namedStatements = options.pooled !== true
  return {
    size: options.size,
    query: <Row extends object>(statement: Statement, values?: readonly unknown[]) =>
      entering
        ? transaction(connect, { entering, namedStatements, onQuery }, (tx, commit) => {
            const rows = tx.query<Row>(statement, values)
            commit()
            return rows
          })
        : holding(connect, (client) => run<Row>(client, statement, values, onQuery)),
    transaction: (work) => transaction(connect, { entering, namedStatements, onQuery }, work),
    counts: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  }
}

type Settings = Readonly<Record<'statement_timeout' | 'lock_timeout' | 'idle_in_transaction_session_timeout', number>>

/** Awaited by the pool, whatever its types say. */
function checking(needs: ConnectionNeeds, timeoutMs: number): (client: pg.ClientBase) => unknown {
  const check = { text: connectionCheck, query_timeout: timeoutMs }
  return async (client) => refuseConnection((await client.query<CheckedConnection>(check)).rows, needs)
}

type Connect = () => Promise<pg.PoolClient>

/** Takes a connection of the pool. An undeclared pooler is reported until one was of use. */
function connecting(pool: pg.Pool, options: Pick<PoolOptions, 'onUndeclaredPooler'>): Connect {
  let everConnected = false
  return async () => {
    try {
      const client = await pool.connect()
      everConnected = true
      return client
    } catch (error) {
      const failure = optionsRefused(error) ?? databaseError(error)
      if (!everConnected && isUndeclaredPooler(failure)) options.onUndeclaredPooler?.(failure.message)
      throw failure
    }
  }
}

interface Entry {
  readonly statement: Statement
  readonly values: readonly string[]
}

/** Enters the service's role and schema for the transaction that it is part of. */
function entry(role: string, schema: string, settings: Settings): Entry {
  const localSettings = { role, search_path: schema, ...settings }
  const each = Object.keys(localSettings).map((name, n) => `set_config('${name}', $${n + 1}, true)`)
  return {
    statement: { name: 'enter', text: `SELECT ${each.join(', ')}` },
    values: Object.values(localSettings).map(String),
  }
}

/** bigint columns hold cents and counts that fit a safe integer, so they are read as numbers. */
function parserOf(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === int8) return Number
  const parser: unknown = pg.types.getTypeParser(oid, format)
  return parser as (value: string) => unknown
}

async function run<Row extends object>(
  client: pg.PoolClient,
  { name, text }: Statement,
  values: readonly unknown[] = [],
  onQuery?: PoolOptions['onQuery'],
  namedStatements = true,
): Promise<Row[]> {
  const startedAt = performance.now()
  let failed = true
  try {
    const result = await client.query<Row>({ ...(namedStatements ? { name } : {}), text, values: [...values] })
    failed = false
    return result.rows
  } catch (error) {
    throw databaseError(error)
  } finally {
    onQuery?.(name, (performance.now() - startedAt) / 1_000, failed)
  }
}

/**
 * Gives the connection back, unless the failure may be the connection's own: one to a primary that
 * was demoted (25006), that the server has ended (57P01), whose plans are of another schema
 * (0A000), or that gave no answer. The next one goes to where the address leads now.
 */
async function holding<T>(connect: Connect, work: (client: pg.PoolClient, spoil: Spoil) => Promise<T>): Promise<T> {
  const client = await connect()
  let spoilError: DatabaseError | undefined
  const spoil: Spoil = (error) => {
    spoilError ??= error
  }
  try {
    return await work(client, spoil)
  } catch (error) {
    if (isSpoiled(error)) spoil(error)
    throw error
  } finally {
    client.release(spoilError)
  }
}

type Spoil = (error: DatabaseError) => void

function isSpoiled(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.reason === 'Unavailable'
}

interface Manner {
  readonly entering: Entry | undefined
  readonly namedStatements: boolean
  readonly onQuery: PoolOptions['onQuery']
}

/** `commit`, called by the work, goes out with the statements before it. */
function transaction<T>(
  connect: Connect,
  { entering, namedStatements, onQuery }: Manner,
  work: (tx: Transaction, commit: () => void) => Promise<T>,
): Promise<T> {
  return holding(connect, async (client, spoil) => {
    /** Later failures only say that an earlier statement has failed. */
    let first: DatabaseError | undefined
    let committing = false
    const pending: Promise<unknown>[] = []
    const query: Transaction['query'] = async (statement, values) => {
      try {
        return await run(client, statement, values, onQuery, namedStatements)
      } catch (error) {
        throw (first ??= databaseError(error))
      }
    }
    const send: Transaction['send'] = (statement, values) => {
      const answer = query(statement, values)
      // Awaited before the end; without this, one that fails early would count as unhandled.
      answer.catch(() => undefined)
      pending.push(answer)
    }
    const finish = (): void => {
      if (!committing) send(commit)
      committing = true
    }
    try {
      send(begin)
      if (entering) send(entering.statement, entering.values)
      const result = await work({ query, send }, finish)
      // After a failed statement the server turns it into a rollback.
      finish()
      await Promise.all(pending)
      if (first) throw first
      return result
    } catch (error) {
      // A connection that is not used again takes its transaction with it.
      if (isSpoiled(first)) spoil(first)
      else if (committing) await Promise.allSettled(pending)
      else await run(client, rollback).catch((rollbackError: unknown) => spoil(databaseError(rollbackError)))
      throw error
    }
  })
}

const begin: Statement = { name: 'begin', text: 'BEGIN' }
const commit: Statement = { name: 'commit', text: 'COMMIT' }
const rollback: Statement = { name: 'rollback', text: 'ROLLBACK' }
