// Is a shop as fast with a month of data as without? Both databases are on one PostgreSQL, and the
// month is written once for all runs.
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { fillMonth, makeMonths } from '../month-two/fill.ts'
import { measure } from '../month-two/measure.ts'
import { ordersPerDay } from '../month-two/index.ts'
import type { Comparison, Ground, Sample, Session } from './comparison.ts'

export interface MonthTwoSize extends Record<string, number> {
  readonly divisor: number
  readonly orders: number
}

export const monthTwoSize: MonthTwoSize = { divisor: 400, orders: 10_000 }

export function monthTwoComparison(size: MonthTwoSize = monthTwoSize): Comparison {
  return {
    name: 'month-two',
    title: 'Intake with a month of data',
    unit: 'orders/s',
    about: `The intake, and then the orders stage, on a database with the rows of 30 days at 10,000 orders a minute
      divided by ${size.divisor}, and on an empty one; both on one PostgreSQL.`,
    optional: true,
    here: { name: 'full', title: 'here: with 30 days of rows' },
    alternatives: [{ name: 'empty', title: 'without rows' }],
    ratio: 'here / other',
    size,
    secondsPerRun: 40,
    open: (ground, say) => openMonth(ground, size, say),
  }
}

async function openMonth(
  ground: Ground,
  { divisor, orders }: MonthTwoSize,
  say: (line: string) => void,
): Promise<Session> {
  const servers = await ground.servers()
  const databases: TestDatabase[] = []
  const close = async (): Promise<void> => {
    for (const database of databases) await database.drop()
    await servers.close()
  }
  const newDatabase = async (): Promise<TestDatabase> => {
    const database = await testDatabase(servers.adminUrl)
    databases.push(database)
    return database
  }
  try {
    const [empty, full] = [await newDatabase(), await newDatabase()]
    await makeMonths(full.url)
    const rows = await fillMonth({ url: full.url, ordersPerDay: Math.ceil(ordersPerDay / divisor), say })
    say(`${rows.toLocaleString('en')} rows are there`)
    // The first measurement of either is slower than all others.
    for (const { url } of [empty, full]) await measure(url, Math.ceil(orders / 10))
    return { run: (way) => runOn(way === 'full' ? full : empty, orders), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function runOn(database: TestDatabase, orders: number): Promise<Sample> {
  const before = await orderCount(database)
  const { intakePerSecond, stagePerSecond, longestMs } = await measure(database.url, orders)
  const more = { 'orders stage, messages/s': stagePerSecond, 'longest statement, ms': longestMs }
  return { value: intakePerSecond, more, accepted: orders, present: (await orderCount(database)) - before }
}

async function orderCount(database: TestDatabase): Promise<number> {
  const [row] = await database.ask<{ n: number }>('orders', 'SELECT count(*)::int AS n FROM orders')
  return row?.n ?? 0
}
