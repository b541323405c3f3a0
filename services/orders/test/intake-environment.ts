// What do the tests of the intake run on? A database of their own, and as many gateways as they ask
// for, each with its own pool.
import { randomUUID, randomUUIDv7 } from 'node:crypto'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createPool } from '@orderpipeline/postgres'
import type { Pool } from '@orderpipeline/postgres'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { createIntake, intakeMetrics } from '../src/intake/index.ts'
import type { Intake, IntakeOptions, OrderRequest } from '../src/intake/index.ts'

export interface IntakeTestEnvironment {
  readonly database: TestDatabase
  /** A gateway's worth: an intake with a pool of its own. */
  gateway(overrides?: Partial<IntakeOptions>): Intake & { commits(): Promise<number> }
  /** It answers nothing until it is released. */
  stoppedDatabase(): { readonly slow: IntakeOptions['database']; readonly release: () => void }
  close(): Promise<void>
}

export async function intakeTestEnvironment(): Promise<IntakeTestEnvironment> {
  const database = await testDatabase(postgresUrl())
  const pools: Pool[] = []
  const newPool = (): Pool => {
    const pool = createPool({ url: database.url, role: 'orders', size: 2 })
    pools.push(pool)
    return pool
  }
  return {
    database,
    gateway: (overrides = {}) => {
      const registry = createRegistry()
      const intake = createIntake({
        database: newPool(),
        metrics: intakeMetrics(registry),
        now: () => new Date(),
        newId: randomUUIDv7,
        maxBatch: 500,
        maxInFlight: 2,
        maxWaiting: 1_000,
        ...overrides,
      })
      const commits = async () =>
        Number(/orders_intake_batch_size_count (\d+)/.exec(await registry.metrics())?.[1] ?? Number.NaN)
      return { ...intake, commits }
    },
    stoppedDatabase: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const pool = newPool()
      const slow: IntakeOptions['database'] = {
        query: async (...args) => {
          await promise
          return pool.query(...args)
        },
      }
      return { slow, release: resolve }
    },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.close()))
      await database.drop()
    },
  }
}

export function order(overrides: Partial<OrderRequest> = {}): OrderRequest {
  return {
    customerId: `customer-${randomUUID()}`,
    currency: 'EUR',
    items: [
      { sku: 'SKU-0001', quantity: 2 },
      { sku: 'SKU-0002', quantity: 1 },
    ],
    ...overrides,
  }
}
