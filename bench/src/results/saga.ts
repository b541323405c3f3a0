// How many orders pass the whole saga, and how soon is an order accepted? Through the platform, the
// chain of synchronous calls, and the job queue.
import { randomBytes } from 'node:crypto'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { startLoad } from '../sync-async/load.ts'
import type { Load } from '../sync-async/load.ts'
import { allEnded, measureFull, measureSteady, setLatency, startSurroundings } from '../sync-async/measure.ts'
import { createProcesses } from '../sync-async/processes.ts'
import { startChain, startPlatform } from '../sync-async/ways.ts'
import type { SharedServices } from '../sync-async/ways.ts'
import { queueRun } from './bullmq/run.ts'
import { atLeast, onOwnServers } from './comparison.ts'
import type { Comparison, Sample, Servers } from './comparison.ts'

export interface ShippedSize extends Record<string, number> {
  readonly orders: number
  readonly warmUp: number
  /** Each with one order at a time; also charges under way at once. */
  readonly customers: number
  readonly latencyMs: number
  readonly partitions: number
}

export interface AcceptSize extends Record<string, number> {
  readonly perSecond: number
  readonly seconds: number
  readonly warmUp: number
  readonly customers: number
  readonly latencyMs: number
  readonly partitions: number
}

const common = { customers: 100, partitions: 12 }
/**
 * The platform is compiled while it works: after 200 orders it needs a third more processor time.
 */
export const shippedSize: ShippedSize = { ...common, warmUp: 6_000, orders: 6_000, latencyMs: 10 }
export const acceptSize: AcceptSize = { ...common, warmUp: 200, perSecond: 20, seconds: 15, latencyMs: 3_000 }

export function shippedComparison(size: ShippedSize = shippedSize): Comparison {
  const queue = { ...size, withDatabase: true }
  return {
    name: 'shipped',
    title: `Shipped orders, payment ${timeText(size.latencyMs)}`,
    unit: 'orders/s',
    about: `One process of each service, ${size.customers} customers with one order at a time, as many charges at once, the
      same payment provider; from the first order sent to the last one shipped. The orders of this platform
      and of the chain come by HTTP, those of BullMQ as jobs without HTTP. BullMQ's stages with PostgreSQL
      have one transaction a job: inbox, effect in the platform's own tables, history. The chain is five
      services that call each other and commit each their own part. CPU includes PostgreSQL, Kafka and Redis.`,
    here: { name: 'platform', title: 'here' },
    alternatives: [
      { name: 'bullmq-postgres', title: 'five BullMQ stages with PostgreSQL', aim: atLeast(2) },
      { name: 'bullmq', title: 'five BullMQ stages without a database', aim: atLeast(0.5) },
      { name: 'chain', title: 'synchronous chain', aim: atLeast(4) },
    ],
    ratio: 'here / other',
    size,
    secondsPerRun: 65,
    open: onOwnServers({
      platform: (servers) => onWay(servers, size, platformOn(servers, size), full(size)),
      'bullmq-postgres': (servers) => queueRun(servers, queue),
      bullmq: (servers) => queueRun(servers, { ...queue, withDatabase: false }),
      chain: (servers) => onWay(servers, size, startChain, full(size)),
    }),
  }
}

export function acceptComparison(size: AcceptSize = acceptSize): Comparison {
  return {
    name: 'accept',
    title: `Time until an order is accepted, payment ${timeText(size.latencyMs)}`,
    unit: 'ms (p50)',
    about: `${size.perSecond} orders a second at random moments for ${size.seconds} s, one process of each service. The client of the chain
      waits for the payment; the client of the platform has its answer when the order is durable.`,
    here: { name: 'platform', title: 'here' },
    alternatives: [{ name: 'chain', title: 'synchronous chain', aim: atLeast(1_000) }],
    ratio: 'other / here',
    size,
    secondsPerRun: 45,
    open: onOwnServers({
      platform: (servers) => onWay(servers, size, platformOn(servers, size), steady(size)),
      chain: (servers) => onWay(servers, size, startChain, steady(size)),
    }),
  }
}

function timeText(ms: number): string {
  return ms >= 1_000 ? `${ms / 1_000} s` : `${ms} ms`
}

type Figures = Pick<Sample, 'value' | 'more'>
type Measure = (load: Load, database: TestDatabase) => Promise<Figures>
type Start = (ground: SharedServices) => Promise<string>

function platformOn({ kafka }: Servers, { partitions }: { readonly partitions: number }): Start {
  const topics = { prefix: `bench-${randomBytes(4).toString('hex')}.`, partitions }
  return async (ground) => startPlatform(ground, await kafka(), { topics })
}

async function onWay(
  { adminUrl }: Servers,
  { warmUp, customers, latencyMs }: Pick<ShippedSize, 'warmUp' | 'customers' | 'latencyMs'>,
  start: Start,
  measure: Measure,
): Promise<Sample> {
  const { database, providerUrl, stopProvider } = await startSurroundings(adminUrl)
  const processes = createProcesses()
  try {
    const load = startLoad(await start({ databaseUrl: database.url, providerUrl, atOnce: customers, processes }))
    let accepted = 0
    const counting: Load = {
      ...load,
      steadily: async (perSecond, seconds) => counted(await load.steadily(perSecond, seconds)),
      atOnce: async (callers, orders) => counted(await load.atOnce(callers, orders)),
    }
    const counted = <Orders extends readonly unknown[]>(orders: Orders): Orders => {
      accepted += orders.length
      return orders
    }
    await counting.atOnce(Math.min(20, customers), warmUp)
    await allEnded(database)
    await setLatency(providerUrl, latencyMs)
    const figures = await measure(counting, database)
    await load.close()
    return { ...figures, accepted, present: await shippedOrders(database) }
  } finally {
    await processes.stop()
    await stopProvider()
    await database.drop()
  }
}

function full({ customers, orders }: ShippedSize): Measure {
  return async (load, database) => {
    const { figures, cpuSecondsAnOrder } = await measureFull(load, database, { customers, orders })
    return { value: figures.endedPerSecond, more: { 'CPU ms an order': cpuSecondsAnOrder * 1_000 } }
  }
}

function steady({ perSecond, seconds }: AcceptSize): Measure {
  return async (load, database) => {
    const { answerMs, endMs } = await measureSteady(load, database, { perSecond, seconds })
    return { value: answerMs[0], more: { 'p95, ms': answerMs[1], 'shipped p50, ms': endMs[0] } }
  }
}

async function shippedOrders(database: TestDatabase): Promise<number> {
  const text = `SELECT count(*)::int AS n FROM orders WHERE status = 'SHIPPED'`
  const [row] = await database.ask<{ n: number }>('orders', text)
  return row?.n ?? 0
}
