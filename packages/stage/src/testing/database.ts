// How does a test get a migrated database to itself on a server that others use too?
import { createHash, randomBytes } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectAdministrator, createPool, DatabaseError } from '@orderpipeline/postgres'
import type { Administrator, Pool } from '@orderpipeline/postgres'
import { migrate } from '@orderpipeline/migrate'
import { builtInStageNames } from '@orderpipeline/order-events'

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
  await createDatabase(name, adminUrl, { seedProducts: 200, seedStockQuantity: 1_000_000, ...options })
  const own = withPath(adminUrl, name)
  const services = servicesOf(own)
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
      await asAdministrator(adminUrl, (administrator) => administrator.command(`DROP DATABASE ${name} WITH (FORCE)`))
    },
  }
}

/**
 * The migrations run once for each server and seed, and databases are copies of what they made.
 * The administrator's lock lets one of the tests that begin at once run them.
 */
async function createDatabase(name: string, adminUrl: string, seed: Required<TestDatabaseOptions>): Promise<void> {
  const template = `template_${seed.seedProducts}_${seed.seedStockQuantity}_${migrationsTag()}`
  const unfinished = `${template}_unfinished`
  await asAdministrator(adminUrl, async (administrator) => {
    const copy = () => administrator.command(`CREATE DATABASE ${name} TEMPLATE ${template}`)
    await copy().catch(async (error: unknown) => {
      if (!(error instanceof DatabaseError) || error.code !== noSuchDatabase) throw error
      await administrator.command(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`)
      await administrator.command(`CREATE DATABASE ${unfinished}`)
      const databaseUrl = withPath(adminUrl, unfinished)
      const servicesDatabaseUrl = servicesOf(databaseUrl).href
      await migrate({ databaseUrl, servicesDatabaseUrl, ...seed, log: () => undefined })
      await administrator.command(`ALTER DATABASE ${unfinished} RENAME TO ${template}`)
      await copy()
    })
  })
  // As the migrations would have made it: a database of its own, and not a copy of another one.
  await asAdministrator(withPath(adminUrl, name), async (administrator) => {
    for (const stage of builtInStageNames)
      await administrator.execute(stage, 'UPDATE installation SET id = gen_random_uuid()')
  })
}

const noSuchDatabase = '3D000'

/** A server that outlives a change of the migrations gets another template. */
function migrationsTag(): string {
  const root = join(import.meta.dirname, '..', '..', '..', '..')
  const files = globSync('{services/*,packages/stage}/migrations/*', { cwd: root }).sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file} `).update(readFileSync(join(root, file)))
  return hash.digest('hex').slice(0, 12)
}

async function asAdministrator(url: string, work: (administrator: Administrator) => Promise<void>): Promise<void> {
  const administrator = await connectAdministrator({ url, log: () => undefined })
  await work(administrator).finally(() => administrator.close())
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

/** The same database for the services' login. */
function servicesOf(url: string): URL {
  const services = new URL(url)
  services.username = 'test_services'
  services.password = 'test_services'
  return services
}

function withPath(url: string, database: string): string {
  const own = new URL(url)
  own.pathname = `/${database}`
  return own.href
}
