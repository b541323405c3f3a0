// How is one way measured? On a database and a payment provider of its own: orders are sent, all of
// them end, and the database has each of them as shipped.
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@orderpipeline/cluster/supervised'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { processorSecondsBelow } from './cpu.ts'
import { figuresOf } from './figures.ts'
import type { Figures } from './figures.ts'
import type { Load, Placed } from './load.ts'
import { createProcesses } from './processes.ts'

export interface Surroundings {
  readonly database: TestDatabase
  readonly providerUrl: string
  readonly stopProvider: () => Promise<void>
}

/** A database with products and stock, and the payment provider. */
export async function startSurroundings(adminUrl: string): Promise<Surroundings> {
  const database = await testDatabase(adminUrl, { seedProducts: 100, seedStockQuantity: 100_000_000 })
  const provider = createProcesses()
  const port = await freePort()
  const providerUrl = `http://127.0.0.1:${port}`
  const env = { HTTP_PORT: String(port), METRICS_PORT: '0', DATABASE_URL: database.url, LOG_LEVEL: 'error' }
  await provider.start('services/payment-provider/src/main.ts', env, `${providerUrl}/v1/behaviour`)
  return { database, providerUrl, stopProvider: () => provider.stop() }
}

/** From now on every charge succeeds and takes so long. */
export async function setLatency(providerUrl: string, latencyMs: number): Promise<void> {
  const body = JSON.stringify({ latencyMs, jitterMs: 0, errorRate: 0, declineRate: 0 })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${providerUrl}/v1/behaviour`, { method: 'PUT', headers, body })
  if (!response.ok) throw new Error(`the payment provider answered ${response.status}`)
  await response.text()
}

export async function measureSteady(
  load: Load,
  database: TestDatabase,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<Figures> {
  const orders = await load.steadily(perSecond, seconds)
  await allEnded(database)
  return figuresOf({ placed: orders, endedAt: await endsOf(database, orders) })
}

export interface FullLoad {
  readonly figures: Figures
  /**
   * Counts all processes below this one, PostgreSQL and Kafka included where this one has started
   * them.
   */
  readonly cpuSecondsAnOrder: number
}

export async function measureFull(
  load: Load,
  database: TestDatabase,
  { customers, orders: count }: { readonly customers: number; readonly orders: number },
): Promise<FullLoad> {
  const cpuBefore = await processorSecondsBelow(process.pid)
  const orders = await load.atOnce(customers, count)
  await allEnded(database)
  const cpuSeconds = (await processorSecondsBelow(process.pid)) - cpuBefore
  const figures = figuresOf({ placed: orders, endedAt: await endsOf(database, orders) })
  return { figures, cpuSecondsAnOrder: cpuSeconds / orders.length }
}

const underWay = `FROM orders WHERE status IN ('PLACED', 'PROCESSING', 'CONFIRMED')`
/** Where no order has ended for so long, those under way are lost. */
const patienceMs = 120_000

/** @throws Error where the orders under way do not get fewer */
export async function allEnded(database: TestDatabase): Promise<void> {
  let before = Infinity
  let checkedAt = performance.now()
  while ((await database.ask('orders', `SELECT ${underWay} LIMIT 1`)).length > 0) {
    await sleep(100)
    if (performance.now() - checkedAt < patienceMs) continue
    const [row] = await database.ask<{ n: number }>('orders', `SELECT count(*)::int AS n ${underWay}`)
    const count = row?.n ?? 0
    if (count >= before)
      throw new Error(`${count} orders are under way, and none has ended for ${patienceMs / 1_000} s`)
    before = count
    checkedAt = performance.now()
  }
}

/** Unix milliseconds of the last change, by order. */
async function endsOf(database: TestDatabase, results: readonly Placed[]): Promise<Map<string, number>> {
  const rows = await database.ask<{ order_id: string; status: string; ended: number }>(
    'orders',
    'SELECT order_id, status, extract(epoch FROM updated_at)::float8 * 1000 AS ended FROM orders WHERE order_id = ANY ($1)',
    [results.map(({ orderId }) => orderId)],
  )
  const wrong = rows.find(({ status }) => status !== 'SHIPPED')
  if (wrong || rows.length < results.length)
    throw new Error(`of ${results.length} orders ${rows.length} exist, one of them ${wrong?.status ?? 'none'}`)
  return new Map(rows.map(({ order_id, ended: endedAt }) => [order_id, endedAt]))
}
