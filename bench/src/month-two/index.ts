// Is a shop as fast in its second month as on its first day? The intake and the orders stage on an
// empty database and on one with the rows of 30 days at 10,000 orders a minute, scaled down; in
// turns, on one PostgreSQL with fsync on.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inProcessHost, persistedPorts, startPostgres } from '@orderpipeline/cluster/testing'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { Row } from '../table.ts'
import { daysFilled, fillMonth } from './fill.ts'
import { forget, measure, type Measured } from './measure.ts'

export interface MonthTwoOptions {
  /** The rows of 30 days divided by this. */
  readonly divisor: number
  /** Orders of a round. */
  readonly orders: number
  readonly rounds: number
  readonly say: (line: string) => void
}

const ordersPerDay = 10_000 * 60 * 24

export async function benchMonthTwo({ divisor, orders, rounds, say }: MonthTwoOptions): Promise<Row[]> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-bench-'))
  await chmod(dir, 0o711) // PostgreSQL's own user must be able to pass
  const host = inProcessHost(join(dir, 'processes'))
  try {
    const port = await persistedPorts(join(dir, 'ports.json')).port('postgres')
    const postgres = await startPostgres(host, { dir: join(dir, 'postgres'), port, sizing: 'cluster' })
    const empty = await testDatabase(postgres.adminUrl)
    const full = await testDatabase(postgres.adminUrl)
    const perDay = Math.ceil(ordersPerDay / divisor)
    const rows = await fillMonth({ url: full.url, ordersPerDay: perDay, say })
    say(`${rows.toLocaleString('en')} rows of ${(perDay * daysFilled).toLocaleString('en')} orders are there`)
    const measured = { empty: [] as Measured[], full: [] as Measured[] }
    await measure(empty.url, orders)
    await measure(full.url, orders)
    for (let round = 1; round <= rounds; round++) {
      say(`round ${round} of ${rounds} …`)
      // Each goes first as often as the other, so that what the machine does besides weighs on
      // both.
      const turns = [['empty', empty] as const, ['full', full] as const]
      for (const [name, { url }] of round % 2 === 0 ? turns.reverse() : turns)
        measured[name].push(await measure(url, orders))
    }
    const pruned = { empty: await forget(empty.url), full: await forget(full.url) }
    const row = (
      name: string,
      each: readonly Measured[],
      { dropped, seconds, longestMs }: typeof pruned.full,
    ): Row => ({
      database: name,
      'intake, orders/s': Math.round(median(each.map(({ intakePerSecond }) => intakePerSecond))),
      'orders stage, messages/s': Math.round(median(each.map(({ stagePerSecond }) => stagePerSecond))),
      'longest statement, ms': Math.round(Math.max(longestMs, ...each.map((of) => of.longestMs))),
      'days dropped': dropped,
      'pruning, ms': Math.round(seconds * 1_000),
    })
    return [
      row('empty', measured.empty, pruned.empty),
      row(`${daysFilled} days of ${perDay.toLocaleString('en')} orders`, measured.full, pruned.full),
    ]
  } finally {
    await host.close()
    await rm(dir, { recursive: true, force: true })
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
