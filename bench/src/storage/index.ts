// What do the size of the pool, each secondary index and monthly partitions bring in a database
// with many orders? The intake, the orders stage and the reads, with and without each, on one
// PostgreSQL with fsync on.
import { createPool } from '@orderpipeline/postgres'
import type { Pool } from '@orderpipeline/postgres'
import { testDatabase } from '@orderpipeline/stage/testing'
import { fillMonth, makeMonths } from '../month-two/fill.ts'
import { forget, measure } from '../month-two/measure.ts'
import { withOwnServers } from '../own-servers.ts'
import type { Row } from '../table.ts'
import { secondaryIndexes, withoutIndex } from './indexes.ts'
import { removeMonths, takeOutOldestMonth } from './months.ts'
import { readTimes } from './reads.ts'
import { rowOf } from './rows.ts'
import type { StorageRun } from './rows.ts'

export interface StorageBenchOptions {
  /** In the database before anything is measured. */
  readonly orders: number
  /** Orders of a measurement. */
  readonly sample: number
  /** Measurements of each way, of which the median counts. */
  readonly rounds: number
  /** Connections of a pool. */
  readonly pools: readonly number[]
  readonly say: (line: string) => void
}

/** The orders are spread over a year, so that a month has a twelfth of them. */
const days = 360
const usualPool = 2
const fillConnections = 2

export function benchStorage(options: StorageBenchOptions): Promise<Row[]> {
  return withOwnServers(({ adminUrl }) => measureStorage(adminUrl, options))
}

export async function measureStorage(adminUrl: string, options: StorageBenchOptions): Promise<Row[]> {
  const { orders, pools, say } = options
  const rows: Row[] = []
  const add = (row: Row): void => {
    rows.push(row)
    say(Object.values(row).join('  '))
  }
  await withDatabase(adminUrl, true, options, async (url, database) => {
    const runs = await inTurns(url, pools, options)
    for (const pool of pools) add(rowOf(`by month, pool of ${pool}`, runs.get(pool) ?? []))
    for (const index of secondaryIndexes) {
      add(rowOf('with all indexes', await runsOf(url, options), await readTimes(database)))
      const { result, mebibytes } = await withoutIndex(database, index, async () => {
        return rowOf(`without ${index.name}`, await runsOf(url, options), await readTimes(database))
      })
      add(result)
      say(`${index.name}: ${mebibytes.toFixed(1)} MiB with ${orders.toLocaleString('en')} orders`)
    }
    add(await closing('by month', url, database, options))
  })
  await withDatabase(adminUrl, false, options, async (url, database) => {
    add(await closing('without months', url, database, options))
  })
  return rows
}

/** The intake, the reads, and then what deletes old rows. */
async function closing(name: string, url: string, database: Pool, options: StorageBenchOptions): Promise<Row> {
  const [runs, reads] = [await runsOf(url, options), await readTimes(database)]
  const inboxMs = (await forget(url)).seconds * 1_000
  return rowOf(name, runs, reads, { monthMs: await takeOutOldestMonth(database), inboxMs })
}

async function withDatabase(
  adminUrl: string,
  byMonth: boolean,
  { orders, sample, say }: StorageBenchOptions,
  work: (url: string, database: Pool) => Promise<void>,
): Promise<void> {
  const database = await testDatabase(adminUrl)
  const { url } = database
  const pool = createPool({ url, role: 'orders', size: 1, statementTimeoutMs: 3_600_000 })
  try {
    await (byMonth ? makeMonths(url, days) : removeMonths(pool))
    const startedAt = performance.now()
    const filled = await fillMonth({
      url,
      ordersPerDay: Math.ceil(orders / days),
      days,
      connections: fillConnections,
      say,
    })
    const seconds = Math.round((performance.now() - startedAt) / 1_000)
    say(`${Math.round(filled).toLocaleString('en')} rows are there after ${seconds} s`)
    await measure(url, Math.ceil(sample / 10)) // the first is slower than all others
    await work(url, pool)
  } finally {
    await pool.close()
    await database.drop()
  }
}

async function runsOf(url: string, options: StorageBenchOptions): Promise<readonly StorageRun[]> {
  return (await inTurns(url, [usualPool], options)).get(usualPool) ?? []
}

/** Each pool once a round, so that other load of the machine affects all of them. */
async function inTurns(
  url: string,
  pools: readonly number[],
  { sample, rounds }: StorageBenchOptions,
): Promise<ReadonlyMap<number, readonly StorageRun[]>> {
  const runs = new Map<number, StorageRun[]>(pools.map((pool) => [pool, []]))
  for (let round = 1; round <= rounds; round++)
    for (const [pool, own] of runs) own.push(await measure(url, sample, pool))
  return runs
}
