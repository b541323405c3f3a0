// How does the migrate program change the database: one connection, one lock, a role and a schema for each service?
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { databaseError } from './errors.ts'

export interface Administrator {
  /** Makes the service's role and schema where absent, and lets `login` (and this administrator) enter the role. */
  ensureService(service: string, login: string | undefined): Promise<void>
  ensureLogin(login: string, password: string): Promise<void>
  /** Runs the service's SQL migrations as the service's role. Returns the names of those run. */
  migrate(service: string, directory: string): Promise<string[]>
  /** One statement as the administrator. */
  command(text: string): Promise<void>
  /** Runs one statement as the service's role, in its schema. */
  execute(service: string, text: string, values?: readonly unknown[]): Promise<number>
  close(): Promise<void>
}

export interface AdministratorOptions {
  readonly url: string
  /** How long to wait for another run of the program to finish. */
  readonly lockTimeoutMs?: number
  readonly log: (line: string) => void
}

/** Any constant will do, as long as every run uses the same. */
const migrateLock = 4_017_230_911

/** Connects, and waits for the lock which makes concurrent runs take turns. @throws DatabaseError */
export async function connectAdministrator({
  url,
  lockTimeoutMs = 120_000,
  log,
}: AdministratorOptions): Promise<Administrator> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'migrate',
    connectionTimeoutMillis: 5_000,
    lock_timeout: lockTimeoutMs,
    keepAlive: true,
  })
  client.on('error', () => undefined)
  const query = async (text: string, values: readonly unknown[] = []) => {
    try {
      return await client.query(text, [...values])
    } catch (error) {
      throw databaseError(error)
    }
  }
  await client.connect().catch((error: unknown) => {
    throw databaseError(error)
  })
  await query('SELECT pg_advisory_lock($1)', [migrateLock])

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
      await shared(() => query(createRole(service, 'NOLOGIN')))
      await shared(() => query(`GRANT ${name(service)} TO CURRENT_USER`))
      if (login !== undefined) await shared(() => query(`GRANT ${name(service)} TO ${name(login)}`))
      await query(`CREATE SCHEMA IF NOT EXISTS ${name(service)} AUTHORIZATION ${name(service)}`)
    },
    ensureLogin: async (login, password) => {
      await shared(() => query(createRole(login, 'LOGIN NOINHERIT')))
      await shared(() => query(`ALTER ROLE ${name(login)} PASSWORD ${client.escapeLiteral(password)}`))
    },
    migrate: (service, directory) =>
      as(service, async () => {
        const run = await runner({
          dbClient: client,
          dir: directory,
          direction: 'up',
          schema: service,
          migrationsTable: 'migrations',
          noLock: true,
          logger: { info: () => undefined, warn: log, error: log },
        })
        return run.map(({ name: migration }) => migration)
      }),
    command: async (text) => {
      await query(text)
    },
    execute: (service, text, values) => as(service, async () => (await query(text, values)).rowCount ?? 0),
    close: () => client.end(),
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

/** Roles belong to the whole server while the lock belongs to one database, so another database's run may get in between. */
async function shared<T>(work: () => Promise<T>, attempts = 5): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code } = databaseError(error)
    if (attempts <= 1 || !['42710', '23505', 'XX000'].includes(code)) throw error
    await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 100))
    return shared(work, attempts - 1)
  }
}
