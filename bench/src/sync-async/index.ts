// What does it bring to answer an order at once and work on it behind Kafka? The same orders
// through a chain of synchronous HTTP calls and through the platform, on the same machine, database
// and payment provider, in one run.
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { withSagaServers } from '../own-servers.ts'
import type { SagaServers } from '../own-servers.ts'
import type { Row } from '../table.ts'
import { rowOf } from './figures.ts'
import { startLoad } from './load.ts'
import type { Load } from './load.ts'
import { allEnded, measureFull, measureSteady, setLatency, startSurroundings } from './measure.ts'
import { createProcesses } from './processes.ts'
import { highAndStandard, startChain, startPlatform, usualTopics } from './ways.ts'
import type { SharedServices, Topics } from './ways.ts'

export interface SyncAsyncBenchOptions {
  /** Orders a second of the steady load. */
  readonly perSecond: number
  readonly steadySeconds: number
  /** Orders of the full load, by how long a charge takes. */
  readonly ordersAt: ReadonlyMap<number, number>
  /** Customers of the full load, and charges under way at once. */
  readonly atOnce: number
  /** Also the platform with classes of orders and lanes. */
  readonly priorities: boolean
  readonly say: (line: string) => void
}

export function benchSyncAsync(options: SyncAsyncBenchOptions): Promise<Row[]> {
  return withSagaServers((servers) => measureSyncAsync(servers, options))
}

export async function measureSyncAsync(
  servers: SagaServers,
  options: SyncAsyncBenchOptions,
  topics: Topics = usualTopics,
): Promise<Row[]> {
  const progress = progressOf(options)
  const { database, providerUrl, stopProvider } = await startSurroundings(servers.adminUrl)
  try {
    const measureBoth = async (way: string, start: (ground: SharedServices) => Promise<string>): Promise<Row[]> => {
      const processes = createProcesses()
      const ordersUrl = await start({ databaseUrl: database.url, providerUrl, atOnce: options.atOnce, processes })
      const load = startLoad(ordersUrl)
      try {
        await warmUp(load, { database, providerUrl, progress, way }, options)
        const rows: Row[] = []
        for (const latencyMs of options.ordersAt.keys()) {
          await setLatency(providerUrl, latencyMs)
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
    const kafka = await servers.kafka()
    const ways = [chain, await measureBoth('this platform', (ground) => startPlatform(ground, kafka, { topics }))]
    if (options.priorities) {
      progress.next('starting the platform with priorities', 10)
      const settings = { topics: { ...topics, prefix: `${topics.prefix}classes.` }, classes: highAndStandard }
      ways.push(await measureBoth('this platform with priorities', (ground) => startPlatform(ground, kafka, settings)))
    }
    await database.drop()
    return chain.flatMap((_, n) => ways.flatMap((rows) => rows.slice(n, n + 1)))
  } finally {
    await stopProvider()
  }
}

/**
 * The first of the full loads once without a measurement: Node compiles what runs often, which
 * costs programs with more code more, and is over after seconds.
 */
async function warmUp(
  load: Load,
  { database, providerUrl, progress, way }: Pick<Measurement, 'database' | 'progress' | 'way'> & ProviderAddress,
  { ordersAt, atOnce }: SyncAsyncBenchOptions,
): Promise<void> {
  for (const [latencyMs, orders] of warmUpsOf(ordersAt)) {
    progress.next(`${way}: ${orders} orders that are not counted`, fullTime(orders, latencyMs, atOnce))
    await setLatency(providerUrl, latencyMs)
    await load.atOnce(atOnce, orders)
    await allEnded(database)
  }
}

function warmUpsOf(ordersAt: SyncAsyncBenchOptions['ordersAt']): [latencyMs: number, orders: number][] {
  return [...ordersAt].slice(0, 1)
}

interface ProviderAddress {
  readonly providerUrl: string
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
  { ordersAt, perSecond, steadySeconds: seconds, atOnce }: SyncAsyncBenchOptions,
): Promise<Row> {
  const orders = ordersAt.get(latencyMs) ?? 0
  const name = `${way}, payment ${latencyMs} ms`
  progress.next(`${name}: ${perSecond} orders/s for ${seconds} s`, steadyTime(seconds))
  const steady = await measureSteady(load, database, { perSecond, seconds })
  progress.next(`${name}: ${orders} orders from ${atOnce} customers`, fullTime(orders, latencyMs, atOnce))
  const { figures: full, cpuSecondsAnOrder } = await measureFull(load, database, { customers: atOnce, orders })
  return rowOf({ way, latencyMs }, steady, full, cpuSecondsAnOrder)
}

interface Progress {
  next(what: string, seconds: number): void
}

/** Seconds that the measurement takes, the last orders' included. */
function steadyTime(seconds: number): number {
  return seconds + 5
}
/** By the provider's limit, and by what two cores have been seen to do. */
function fullTime(orders: number, latencyMs: number, atOnce: number): number {
  return Math.max((orders / atOnce) * (latencyMs / 1_000), orders / 200) + 4
}

function progressOf({ ordersAt, steadySeconds, atOnce, priorities, say }: SyncAsyncBenchOptions): Progress {
  const fullTimes = [...warmUpsOf(ordersAt), ...ordersAt].map(([latencyMs, orders]) =>
    fullTime(orders, latencyMs, atOnce),
  )
  const way = fullTimes.reduce((sum, seconds) => sum + seconds, ordersAt.size * steadyTime(steadySeconds))
  let remainingSeconds = 5 + 25 + 2 * way + (priorities ? 10 + way : 0)
  return {
    next: (what, seconds) => {
      say(`${what} … (about ${Math.round(remainingSeconds)} s left)`)
      remainingSeconds -= seconds
    },
  }
}
