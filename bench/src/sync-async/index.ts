// What does it bring to answer an order at once and work on it behind Kafka? The same orders
// through a chain of synchronous HTTP calls and through the platform, on the same machine, database
// and payment provider, in one run.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startKafka } from '@orderpipeline/cluster/testing'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { withOwnServers } from '../own-servers.ts'
import type { OwnServers } from '../own-servers.ts'
import type { Row } from '../table.ts'
import { processorSecondsBelow } from './cpu.ts'
import { startLoad } from './load.ts'
import type { Load, Placed } from './load.ts'
import { freePort } from '@orderpipeline/cluster/supervised'
import { createProcesses } from './processes.ts'
import { figuresOf, rowOf } from './figures.ts'
import { startChain, startPlatform } from './ways.ts'
import type { SharedServices } from './ways.ts'

export interface SyncAsyncBenchOptions {
  /** Orders a second of the steady load. */
  readonly perSecond: number
  readonly steadySeconds: number
  /** Orders of the full load, by how long a charge takes. */
  readonly ordersAt: ReadonlyMap<number, number>
  /** Customers of the full load, and charges under way at once. */
  readonly atOnce: number
  readonly say: (line: string) => void
}

export function benchSyncAsync(options: SyncAsyncBenchOptions): Promise<Row[]> {
  return withOwnServers((servers) => bench(servers, options))
}

async function bench({ dir, host, ports, adminUrl }: OwnServers, options: SyncAsyncBenchOptions): Promise<Row[]> {
  const provider = createProcesses()
  const progress = progressOf(options)
  try {
    const database = await testDatabase(adminUrl, { seedProducts: 100, seedStockQuantity: 100_000_000 })
    const providerPort = await freePort()
    const providerUrl = `http://127.0.0.1:${providerPort}`
    const env = { HTTP_PORT: String(providerPort), METRICS_PORT: '0', DATABASE_URL: database.url, LOG_LEVEL: 'error' }
    await provider.start('services/payment-provider/src/main.ts', env, `${providerUrl}/v1/behaviour`)
    const measureBoth = async (way: string, start: (ground: SharedServices) => Promise<string>): Promise<Row[]> => {
      const processes = createProcesses()
      const ordersUrl = await start({ databaseUrl: database.url, providerUrl, atOnce: options.atOnce, processes })
      const load = startLoad(ordersUrl)
      try {
        await load.atOnce(20, 200)
        await allEnded(database)
        const rows: Row[] = []
        for (const latencyMs of options.ordersAt.keys()) {
          await behave(providerUrl, latencyMs)
          rows.push(await measureWay({ way, latencyMs, load, database, progress }, options))
        }
        return rows
      } finally {
        await load.close()
        await processes.stop()
      }
    }
    progress.next('starting the synchronous chain', 5)
    const chain = await measureBoth('synchronous chain', startChain)
    progress.next('starting Kafka and the platform', 25)
    const platform = await measureBoth('this platform', async (ground) => {
      const [port, controllerPort] = [await ports.port('kafka'), await ports.port('kafka-controller')]
      const kafka = await startKafka(host, { dir: join(dir, 'kafka'), port, controllerPort, sizing: 'cluster' })
      return startPlatform(ground, kafka.bootstrapServers)
    })
    await database.drop()
    return chain.flatMap((row, n) => [row, platform[n] ?? row])
  } finally {
    await provider.stop()
  }
}

interface Measurement {
  readonly way: string
  readonly latencyMs: number
  readonly load: Load
  readonly database: TestDatabase
  readonly progress: Progress
}

async function measureWay(
  { way, latencyMs, load, database, progress }: Measurement,
  options: SyncAsyncBenchOptions,
): Promise<Row> {
  const orders = options.ordersAt.get(latencyMs) ?? 0
  const name = `${way}, payment ${latencyMs} ms`
  progress.next(`${name}: ${options.perSecond} orders/s for ${options.steadySeconds} s`, steadySeconds(options))
  const steady = await load.steadily(options.perSecond, options.steadySeconds)
  await allEnded(database)
  progress.next(`${name}: ${orders} orders from ${options.atOnce} customers`, fullSeconds(orders, latencyMs, options))
  const cpuBefore = await processorSecondsBelow(process.pid)
  const full = await load.atOnce(options.atOnce, orders)
  await allEnded(database)
  const cpuSeconds = (await processorSecondsBelow(process.pid)) - cpuBefore
  return rowOf(
    { way, latencyMs },
    figuresOf({ placed: steady, endedAt: await endsOf(database, steady) }),
    figuresOf({ placed: full, endedAt: await endsOf(database, full) }),
    cpuSeconds / full.length,
  )
}

async function behave(providerUrl: string, latencyMs: number): Promise<void> {
  const body = JSON.stringify({ latencyMs, jitterMs: 0, errorRate: 0, declineRate: 0 })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${providerUrl}/v1/behaviour`, { method: 'PUT', headers, body })
  if (!response.ok) throw new Error(`the payment provider answered ${response.status}`)
  await response.text()
}

async function allEnded(database: TestDatabase): Promise<void> {
  const underWay = `SELECT FROM orders WHERE status IN ('PLACED', 'PROCESSING', 'CONFIRMED') LIMIT 1`
  while ((await database.ask('orders', underWay)).length > 0) await sleep(100)
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

interface Progress {
  next(what: string, seconds: number): void
}

function steadySeconds({ steadySeconds: seconds }: SyncAsyncBenchOptions): number {
  return seconds + 5
}
/** By the provider's limit, and by what two cores have been seen to do. */
function fullSeconds(orders: number, latencyMs: number, { atOnce }: SyncAsyncBenchOptions): number {
  return Math.max((orders / atOnce) * (latencyMs / 1_000), orders / 200) + 4
}

function progressOf(options: SyncAsyncBenchOptions): Progress {
  const each = [...options.ordersAt].reduce(
    (sum, [latencyMs, orders]) => sum + steadySeconds(options) + fullSeconds(orders, latencyMs, options),
    0,
  )
  let remainingSeconds = 5 + 25 + 2 * each
  return {
    next: (what, seconds) => {
      options.say(`${what} … (about ${Math.round(remainingSeconds)} s left)`)
      remainingSeconds -= seconds
    },
  }
}
