// How does a test get a migrated database to itself on a server that others use too?
import { randomBytes } from 'node:crypto'
import { connectAdministrator, createPool } from '@orderpipeline/postgres'
import type { Pool } from '@orderpipeline/postgres'
import { migrate } from '@orderpipeline/migrate'

export interface TestDatabase {
  /** The services' login. */
  readonly url: string
  /** A pool in a service's role; closed with the database. */
  as(role: string): Pool
  /** One statement in a service's role. */
  ask<Row extends object>(role: string, text: string, values?: readonly unknown[]): Promise<Row[]>
  /**
   * Ends every connection of the services, as a failing database would, and leaves those of `as`.
   * Returns how many there were.
   */
  throwOut(): Promise<number>
  drop(): Promise<void>
}

export interface TestDatabaseOptions {
  readonly seedProducts?: number
  readonly seedStockQuantity?: number
}

/** `adminUrl`: a superuser's, to any database of the server. */
export async function testDatabase(adminUrl: string, options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await asAdministrator(adminUrl, `CREATE DATABASE ${name}`)
  const own = withPath(adminUrl, name)
  const services = new URL(own)
  services.username = 'test_services'
  services.password = 'test_services'
  await migrate({
    databaseUrl: own,
    servicesDatabaseUrl: services.href,
    seedProducts: options.seedProducts ?? 200,
    seedStockQuantity: options.seedStockQuantity ?? 1_000_000,
    log: () => undefined,
  })
  const pools = new Map<string, Pool>()
  const as = (role: string): Pool => {
    const pool =
      pools.get(role) ??
      createPool({ url: services.href, role, size: 4, applicationName: testApplication, statementTimeoutMs: 30_000 })
    pools.set(role, pool)
    return pool
  }
  return {
    url: services.href,
    as,
    ask: (role, text, values) => as(role).query({ name: '', text }, values),
    throwOut: () => throwOut(own, services.username),
    drop: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.close()))
      await asAdministrator(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`)
    },
  }
}

async function asAdministrator(url: string, text: string): Promise<void> {
  const administrator = await connectAdministrator({ url, log: () => undefined })
  await administrator.command(text).finally(() => administrator.close())
}

async function throwOut(url: string, login: string): Promise<number> {
  const pool = createPool({ url, role: decodeURIComponent(new URL(url).username), schema: 'public', size: 1 })
  try {
    const sessions = await pool.query({ name: '', text: endSessions }, [login, testApplication])
    return sessions.length
  } finally {
    await pool.close()
  }
}

/**
 * The application name of a test's own connections; the server separates them by it from those of
 * what is tested.
 */
const testApplication = 'the test itself'

const endSessions = `
SELECT pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE datname = current_database() AND usename = $1 AND application_name <> $2`

function withPath(url: string, database: string): string {
  const own = new URL(url)
  own.pathname = `/${database}`
  return own.href
}
