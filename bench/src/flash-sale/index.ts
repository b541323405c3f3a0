// What does a shop lose in a flash sale? More customers come than payments can be made. Through a
// chain of synchronous calls each of them holds a worker until the payment is made, and some give
// up before it is their turn; through the platform the same number of workers only accepts the
// orders.
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { withSagaServers } from '../own-servers.ts'
import type { SagaServers } from '../own-servers.ts'
import { percentilesOf, percentilesText } from '../sync-async/figures.ts'
import { atRandom, startLoad } from '../sync-async/load.ts'
import type { Placed } from '../sync-async/load.ts'
import { allEnded, setLatency, startSurroundings } from '../sync-async/measure.ts'
import { createProcesses } from '../sync-async/processes.ts'
import { startChain, startPlatform, usualTopics } from '../sync-async/ways.ts'
import type { SharedServices, Topics } from '../sync-async/ways.ts'
import type { Row } from '../table.ts'
import { createTurns } from './turns.ts'

export interface FlashSale {
  /** Customers a second, for so many seconds. */
  readonly perSecond: number
  readonly seconds: number
  /** How long a charge takes. */
  readonly latencyMs: number
  /** Requests that are served at once, and charges that are made at once. */
  readonly workers: number
  /** How long a customer waits for a worker. */
  readonly patienceMs: number
}

export function benchFlashSale(sale: FlashSale, say: (line: string) => void): Promise<Row[]> {
  return withSagaServers((servers) => measureFlashSale(servers, sale, say))
}

/** @throws Error where an order that was answered is not shipped */
export async function measureFlashSale(
  { adminUrl, kafka }: SagaServers,
  sale: FlashSale,
  say: (line: string) => void,
  topics: Topics = usualTopics,
): Promise<Row[]> {
  const ways = {
    'synchronous chain': startChain,
    'this platform': async (services: SharedServices) => startPlatform(services, await kafka(), { topics }),
  }
  const rows: Row[] = []
  for (const [way, start] of Object.entries(ways)) {
    say(`${way}: ${sale.perSecond} customers a second for ${sale.seconds} s, until every order has ended …`)
    rows.push(saleRow(way, sale, await soldBy(start, adminUrl, sale)))
  }
  return rows
}

interface Outcome {
  /** For each customer: milliseconds from the arrival to the answer; undefined: gave up. */
  readonly answers: readonly (number | undefined)[]
  /** From the first customer to the last order's end. */
  readonly endedSeconds: number
}

async function soldBy(
  start: (services: SharedServices) => Promise<string>,
  adminUrl: string,
  sale: FlashSale,
): Promise<Outcome> {
  const { database, providerUrl, stopProvider } = await startSurroundings(adminUrl)
  const processes = createProcesses()
  try {
    await setLatency(providerUrl, 1)
    const load = startLoad(await start({ databaseUrl: database.url, providerUrl, atOnce: sale.workers, processes }))
    const warmUp = await load.atOnce(sale.workers, 2 * sale.workers)
    await allEnded(database)
    await setLatency(providerUrl, sale.latencyMs)
    const startedAt = performance.now()
    const answers = await visits(load.place, sale)
    await allEnded(database)
    const endedSeconds = (performance.now() - startedAt) / 1_000
    await load.close()
    await expectShipped(database, warmUp.length + answers.filter((ms) => ms !== undefined).length)
    return { answers, endedSeconds }
  } finally {
    await processes.stop()
    await stopProvider()
    await database.drop()
  }
}

async function visits(
  place: () => Promise<Placed>,
  { perSecond, seconds, workers, patienceMs }: FlashSale,
): Promise<(number | undefined)[]> {
  const turns = createTurns(workers)
  return atRandom(perSecond, seconds, async () => {
    const cameAt = performance.now()
    if (!(await turns.next(patienceMs))) return undefined
    try {
      await place()
      return performance.now() - cameAt
    } finally {
      turns.release()
    }
  })
}

async function expectShipped(database: TestDatabase, orders: number): Promise<void> {
  const text = `SELECT count(*)::int AS n FROM orders WHERE status = 'SHIPPED'`
  const [row] = await database.ask<{ n: number }>('orders', text)
  if (row?.n !== orders) throw new Error(`${orders} orders were answered and ${row?.n ?? 0} are shipped`)
}

export function saleRow(way: string, { seconds }: FlashSale, { answers, endedSeconds }: Outcome): Row {
  const times = answers.filter((ms) => ms !== undefined)
  const leavers = answers.length - times.length
  return {
    way,
    'customers came': answers.length,
    'placed an order': times.length,
    'gave up': leavers,
    'gave up a second': Number((leavers / seconds).toFixed(1)),
    'answered after, p50 / p95 / p99 ms': percentilesText(percentilesOf(times)),
    'last one shipped after, s': Math.round(endedSeconds),
  }
}
