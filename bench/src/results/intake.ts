// How much of PostgreSQL's own speed does the intake keep? Orders without HTTP, in one process.
import { randomUUIDv7 } from 'node:crypto'
import { createPool } from '@orderpipeline/postgres'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { atOnce } from '../at-once.ts'
import type { AtOnceResult } from '../at-once.ts'
import { intakeWays, placeOrders } from '../intake.ts'
import { atLeast, onOwnServers } from './comparison.ts'
import type { Comparison, Sample, Servers } from './comparison.ts'

export interface IntakeSize extends Record<string, number> {
  readonly orders: number
  readonly waiting: number
  /** Orders of the bare inserts, which are faster. */
  readonly bareOrders: number
}

const batch = 500
const connections = 2

export const intakeSize: IntakeSize = { orders: 60_000, waiting: 500, bareOrders: 300_000 }

export function intakeComparison(size: IntakeSize = intakeSize): Comparison {
  return {
    name: 'intake',
    title: 'Intake without HTTP',
    unit: 'orders/s',
    about: `Orders that one process makes durable, ${size.waiting} of them waiting at once. The intake writes an order, its
      line, its first status and its outbox row, many orders to a commit over 2 connections. The bare INSERT
      writes only the row in orders, ${batch} rows from arrays (UNNEST) to a statement and a commit, over 2
      connections. One order a commit is the same intake with a commit for each order, over 20 connections.`,
    here: { name: 'shared', title: 'here: many orders a commit' },
    alternatives: [
      { name: 'bare', title: `bare INSERT of ${batch} rows`, aim: atLeast(0.5) },
      { name: 'single', title: 'one order a commit' },
    ],
    ratio: 'here / other',
    size,
    secondsPerRun: 20,
    open: onOwnServers({
      shared: (servers) => counted(servers, (database) => placeOrders(database.url, intakeWays.shared, size)),
      bare: (servers) => counted(servers, (database) => insertBare(database, size.bareOrders)),
      single: (servers) => counted(servers, (database) => placeOrders(database.url, intakeWays.parallel, size)),
    }),
  }
}

async function counted(
  { adminUrl }: Servers,
  measure: (database: TestDatabase) => Promise<AtOnceResult>,
): Promise<Sample> {
  const database = await testDatabase(adminUrl)
  try {
    const { perSecond, calls } = await measure(database)
    const [row] = await database.ask<{ n: number }>('orders', 'SELECT count(*)::int AS n FROM orders')
    return { value: perSecond, accepted: calls, present: row?.n ?? 0 }
  } finally {
    await database.drop()
  }
}

async function insertBare({ url }: TestDatabase, orders: number): Promise<AtOnceResult> {
  const pool = createPool({ url, role: 'orders', size: connections })
  try {
    const { perSecond, calls } = await atOnce({ calls: Math.ceil(orders / batch), callers: connections }, async (n) => {
      const numbers = Array.from({ length: batch }, (_, index) => n * batch + index)
      await pool.query(insert, [numbers.map(() => randomUUIDv7()), numbers.map((each) => `customer-${each % 50_000}`)])
    })
    return { perSecond: perSecond * batch, calls: calls * batch }
  } finally {
    await pool.close()
  }
}

const insert = {
  name: 'bench.unnest',
  text: `
INSERT INTO orders (order_id, customer_id, currency, total_cents)
SELECT order_id, customer_id, 'EUR', 998 FROM unnest($1::uuid[], $2::text[]) AS t (order_id, customer_id)`,
}
