// How many orders a second does one gateway make durable? Its own intake, on a PostgreSQL started
// for it with fsync on: once with commits shared by all waiting orders, once with a commit for each
// order on as many connections.
import { randomUUIDv7 } from 'node:crypto'
import { createPool } from '@orderpipeline/postgres'
import { testDatabase } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { createIntake, intakeMetrics } from '@orderpipeline/orders/intake'
import { atOnce } from './at-once.ts'
import type { AtOnceResult } from './at-once.ts'
import { withOwnServers } from './own-servers.ts'
import type { Row } from './table.ts'

export interface IntakeBenchOptions {
  readonly orders: number
  /** Orders under way at once, as by so many clients that wait for their answer. */
  readonly waiting: number
  readonly say: (line: string) => void
}

export interface IntakeWay {
  readonly name: string
  readonly maxBatch: number
  readonly connections: number
}

export const intakeWays = {
  shared: { name: 'many orders to a commit, 2 connections', maxBatch: 500, connections: 2 },
  single: { name: 'one order to a commit, 2 connections', maxBatch: 1, connections: 2 },
  parallel: { name: 'one order to a commit, 20 connections', maxBatch: 1, connections: 20 },
} as const satisfies Record<string, IntakeWay>

export function benchIntake({ orders, waiting, say }: IntakeBenchOptions): Promise<Row[]> {
  return withOwnServers(async ({ adminUrl }) => {
    const rows: Row[] = []
    for (const way of Object.values(intakeWays)) {
      say(`${way.name} …`)
      const database = await testDatabase(adminUrl)
      const { perSecond } = await placeOrders(database.url, way, { orders, waiting })
      await database.drop()
      rows.push({ 'intake, fsync on': way.name, 'orders/s': Math.round(perSecond) })
    }
    return rows
  })
}

/** Orders a second; a tenth more are placed before the measurement. */
export async function placeOrders(
  url: string,
  { maxBatch, connections }: IntakeWay,
  { orders, waiting }: Pick<IntakeBenchOptions, 'orders' | 'waiting'>,
): Promise<AtOnceResult> {
  const pool = createPool({ url, role: 'orders', size: connections })
  const intake = createIntake({
    database: pool,
    metrics: intakeMetrics(createRegistry()),
    now: () => new Date(),
    newId: randomUUIDv7,
    maxBatch,
    maxInFlight: connections,
    maxWaiting: waiting,
  })
  const result = await atOnce({ calls: orders, callers: waiting }, (n) => {
    const customerId = `customer-${n % 50_000}`
    return intake.place({ customerId, currency: 'EUR', items: [{ sku: 'SKU-0001', quantity: 2 }] })
  })
  await intake.close()
  await pool.close()
  return result
}
