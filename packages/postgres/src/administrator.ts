// How does the migrate program change the database? By one connection, with one lock, and with a
// role and a schema for each service.
import { backoffMs, jitteredMs, sleep } from '@orderpipeline/retry'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { connectionOptions } from './connection.ts'
import type { DatabaseAddress } from './connection.ts'
import { DatabaseError, databaseError } from './errors.ts'

export interface Administrator {
  /**
   * Creates the service's role and schema where absent, and lets `login` (and this administrator)
   * enter the role.
   */
  ensureService(service: string, login: string | undefined): Promise<void>
  ensureLogin(login: string, password: string): Promise<void>
  /**
   * Runs SQL migrations in the service's schema, as its role. Returns the names of those run.
   * `table` records them; a folder of its own needs a table of its own.
   */
  migrate(service: string, directory: string, table?: string): Promise<string[]>
  /** One statement as the administrator. */
  command(text: string): Promise<void>
  /** Runs one statement as the service's role, in its schema. */
  execute(service: string, text: string, values?: readonly unknown[]): Promise<number>
  /** The same for a statement that returns rows. */
  rows<Row extends object>(service: string, text: string, values?: readonly unknown[]): Promise<Row[]>
  close(): Promise<void>
}

/**
 * The address of the server itself: a pooler in transaction mode keeps neither the lock nor the
 * role.
 */
export interface AdministratorOptions extends DatabaseAddress {
  /** How long to wait for another run of the program to finish, and for a table that is busy. */
  readonly lockTimeoutMs?: number
  readonly log: (line: string) => void
}

/** Any constant will do, as long as every run uses the same. */
const migrateLock = 4_017_230_911

function refuse(error: unknown): never {
  throw databaseError(error)
}

function clientOf(address: DatabaseAddress, lockTimeoutMs: number): pg.Client {
  const client = new pg.Client({
    ...connectionOptions(address),
    application_name: 'migrate',
    connectionTimeoutMillis: 5_000,
    lock_timeout: lockTimeoutMs,
  })
  client.on('error', () => undefined)
  return client
}

/** Connects, and waits for the lock by which concurrent runs take turns. @throws DatabaseError */
export async function connectAdministrator({
  lockTimeoutMs = 120_000,
  log,
  ...address
}: AdministratorOptions): Promise<Administrator> {
  const client = clientOf(address, lockTimeoutMs)
  const query = async (text: string, values: readonly unknown[] = []) => {
    try {
      return await client.query(text, [...values])
    } catch (error) {
      throw databaseError(error)
    }
  }
  await client.connect().catch(refuse)
  await takeTurn(query, lockTimeoutMs).catch(async (error: unknown) => {
    await client.end()
    throw error
  })

  const as = async <T>(service: string, work: () => Promise<T>): Promise<T> => {
    await query(`SET ROLE ${name(service)}`)
    await query(`SET search_path TO ${name(service)}`)
    try {
      return await work()
    } finally {
      await query('RESET ROLE')
      await query('RESET search_path')
    }
  }

  return {
    ensureService: async (service, login) => {
      await retryShared(() => query(createRole(service, 'NOLOGIN')))
      await retryShared(() => query(`GRANT ${name(service)} TO CURRENT_USER`))
      if (login !== undefined) await retryShared(() => query(`GRANT ${name(service)} TO ${name(login)}`))
      await query(`CREATE SCHEMA IF NOT EXISTS ${name(service)} AUTHORIZATION ${name(service)}`)
    },
    ensureLogin: async (login, password) => {
      await retryShared(() => query(createRole(login, 'LOGIN NOINHERIT')))
      await retryShared(() => query(`ALTER ROLE ${name(login)} PASSWORD ${client.escapeLiteral(password)}`))
    },
    migrate: (service, directory, table = 'migrations') =>
      as(service, async () => {
        const files: string[] = []
        const next = () => nextFile(client, { service, directory, table }, log)
        const deadline = performance.now() + lockTimeoutMs
        for (let file = await patiently(next, query, deadline); file; file = await patiently(next, query, deadline))
          files.push(file)
        return files
      }),
    command: async (text) => {
      await query(text)
    },
    execute: (service, text, values) => as(service, async () => (await query(text, values)).rowCount ?? 0),
    rows: <Row extends object>(service: string, text: string, values?: readonly unknown[]) =>
      as(service, async () => (await query(text, values)).rows as Row[]),
    close: () => client.end(),
  }
}

/**
 * Asks again and again instead of waiting in the server: a session that waits there has a snapshot,
 * and an index that is being built CONCURRENTLY waits for its end, so that the two would wait for
 * each other.
 * @throws DatabaseError
 */
async function takeTurn(
  query: (text: string, values?: readonly unknown[]) => Promise<pg.QueryResult>,
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (let failures = 1; ; failures++) {
    const { rows } = await query('SELECT pg_try_advisory_lock($1) AS mine', [migrateLock])
    if ((rows[0] as { mine: boolean }).mine) return
    if (performance.now() > deadline)
      throw new DatabaseError('Contended', lockNotAvailable, 'another migration has been running for too long')
    await sleep(backoffMs(failures, turnBackoff))
  }
}

const lockNotAvailable = '55P03'
const turnBackoff = { firstMs: 20, maxMs: 500 }

/** Each file in a transaction of its own. Returns its name, or nothing where there is none left. */
async function nextFile(
  client: pg.Client,
  { service, directory, table }: { readonly service: string; readonly directory: string; readonly table: string },
  log: (line: string) => void,
): Promise<string | undefined> {
  const run = await runner({
    dbClient: client,
    dir: directory,
    direction: 'up',
    count: 1,
    schema: service,
    migrationsTable: table,
    noLock: true,
    logger: { info: () => undefined, warn: log, error: log },
  })
  return run[0]?.name
}

/**
 * Later statements queue behind a statement that waits for a table, so it waits only for a moment.
 */
const tableLockMs = 200
const tableLockBackoff = { firstMs: 100, maxMs: 2_000 }

/**
 * Releases everything and tries again, a little later each time, while a table is busy.
 * @throws DatabaseError
 */
async function patiently<T>(
  work: () => Promise<T>,
  query: (text: string) => Promise<unknown>,
  deadline: number,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      await query(`SET lock_timeout = '${tableLockMs}ms'`)
      const result = await work()
      await query('RESET lock_timeout')
      return result
    } catch (error) {
      await query('ROLLBACK')
      await query('RESET lock_timeout')
      if (databaseError(error).code !== lockNotAvailable || performance.now() > deadline) throw databaseError(error)
      await sleep(backoffMs(attempt, tableLockBackoff))
    }
  }
}

function name(identifier: string): string {
  return pg.escapeIdentifier(identifier)
}

function createRole(role: string, attributes: string): string {
  return `DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${pg.escapeLiteral(role)}) THEN
      CREATE ROLE ${name(role)} ${attributes};
    END IF;
  END $$`
}

/**
 * Roles belong to the whole server while the lock belongs to one database, so another database's
 * run may get in between.
 */
async function retryShared<T>(work: () => Promise<T>, attempts = 5): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code } = databaseError(error)
    if (attempts <= 1 || !['42710', '23505', 'XX000'].includes(code)) throw error
    await sleep(jitteredMs(100, Math.random, 0.5))
    return retryShared(work, attempts - 1)
  }
}
