// Is a shop as fast in its second month as on its first day? The intake and the orders stage on an
// empty database and on one with the rows of 30 days at 10,000 orders a minute, scaled down; in
// turns, on one PostgreSQL with fsync on.
import { testDatabase } from '@orderpipeline/stage/testing'
import { withOwnServers } from '../own-servers.ts'
import type { Row } from '../table.ts'
import { daysFilled, fillMonth, makeMonths } from './fill.ts'
import { forget, measure } from './measure.ts'
import type { MonthMeasurement } from './measure.ts'

export interface MonthTwoOptions {
  /** The rows of 30 days divided by this. */
  readonly divisor: number
  /** Orders per measurement. */
  readonly orders: number
  readonly rounds: number
  readonly say: (line: string) => void
}

/** A steady 10,000 a minute. */
export const ordersPerDay = 10_000 * 60 * 24

export function benchMonthTwo({ divisor, orders, rounds, say }: MonthTwoOptions): Promise<Row[]> {
  return withOwnServers(async ({ adminUrl }) => {
    const empty = await testDatabase(adminUrl)
    const full = await testDatabase(adminUrl)
    const perDay = Math.ceil(ordersPerDay / divisor)
    await makeMonths(full.url)
    const rows = await fillMonth({ url: full.url, ordersPerDay: perDay, say })
    say(`${rows.toLocaleString('en')} rows of ${(perDay * daysFilled).toLocaleString('en')} orders are there`)
    const measurements = { empty: [] as MonthMeasurement[], full: [] as MonthMeasurement[] }
    await measure(empty.url, orders)
    await measure(full.url, orders)
    for (let round = 1; round <= rounds; round++) {
      say(`round ${round} of ${rounds} …`)
      // Each goes first as often as the other, so that other load of the machine affects both.
      const turns = [['empty', empty] as const, ['full', full] as const]
      for (const [name, { url }] of round % 2 === 0 ? turns.reverse() : turns)
        measurements[name].push(await measure(url, orders))
    }
    const pruned = { empty: await forget(empty.url), full: await forget(full.url) }
    const row = (
      name: string,
      each: readonly MonthMeasurement[],
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
      row('empty', measurements.empty, pruned.empty),
      row(`${daysFilled} days of ${perDay.toLocaleString('en')} orders`, measurements.full, pruned.full),
    ]
  })
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
