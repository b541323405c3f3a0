// How many orders a second does one gateway make durable? Its own intake, on a PostgreSQL started
// for it with fsync on: once with commits shared by all waiting orders, once with a commit for each
// order on as many connections.
import { randomUUIDv7 } from 'node:crypto'
import { createPool } from '@orderpipeline/postgres'
import { testDatabase } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { createIntake, intakeMetrics } from '@orderpipeline/orders/intake'
import { withOwnServers } from './own-servers.ts'
import type { Row } from './table.ts'

export interface IntakeBenchOptions {
  readonly orders: number
  /** Orders under way at once, as by so many clients that wait for their answer. */
  readonly waiting: number
  readonly say: (line: string) => void
}

const ways = [
  { name: 'many orders to a commit, 2 connections', maxBatch: 500, connections: 2 },
  { name: 'one order to a commit, 2 connections', maxBatch: 1, connections: 2 },
  { name: 'one order to a commit, 20 connections', maxBatch: 1, connections: 20 },
] as const

export function benchIntake({ orders, waiting, say }: IntakeBenchOptions): Promise<Row[]> {
  return withOwnServers(async ({ adminUrl }) => {
    const rows: Row[] = []
    for (const way of ways) {
      say(`${way.name} …`)
      const database = await testDatabase(adminUrl)
      const perSecond = await placeOrders(database.url, way, { orders, waiting })
      await database.drop()
      rows.push({ 'intake, fsync on': way.name, 'orders/s': Math.round(perSecond) })
    }
    return rows
  })
}

async function placeOrders(
  url: string,
  { maxBatch, connections }: (typeof ways)[number],
  { orders, waiting }: Pick<IntakeBenchOptions, 'orders' | 'waiting'>,
): Promise<number> {
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
  let next = 0
  const client = async (until: number): Promise<void> => {
    while (next < until) {
      const customerId = `customer-${next++ % 50_000}`
      await intake.place({ customerId, currency: 'EUR', items: [{ sku: 'SKU-0001', quantity: 2 }] })
    }
  }
  const all = (until: number) => Promise.all(Array.from({ length: waiting }, () => client(until)))
  const warmUp = Math.ceil(orders / 10)
  await all(warmUp)
  const startedAt = performance.now()
  await all(warmUp + orders)
  const seconds = (performance.now() - startedAt) / 1_000
  await intake.close()
  await pool.close()
  return orders / seconds
}
