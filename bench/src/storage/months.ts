// What do monthly partitions bring? A database without months keeps all orders in the default
// partition, and its oldest month is deleted row by row instead of being detached.
import type { Pool } from '@orderpipeline/postgres'

const tables = ['orders', 'order_items', 'order_events'] as const

/** Before any order is there. */
export async function removeMonths(database: Pool): Promise<void> {
  const months = await database.query<{ name: string }>({ name: '', text: monthTables })
  for (const { name } of months) await database.query({ name: '', text: `DROP TABLE ${name}` })
  // As make_order_month sets it for a month.
  await database.query({ name: '', text: settings })
}

const monthTables = `
SELECT inhrelid::regclass::text AS name FROM pg_inherits
WHERE inhparent = ANY (ARRAY['orders', 'order_items', 'order_events']::regclass[])
  AND inhrelid::regclass::text !~ '_default$'`

const settings =
  'ALTER TABLE orders_default SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 100000)'

/** Milliseconds until the oldest month with orders is gone. */
export async function takeOutOldestMonth(database: Pool): Promise<number> {
  const [oldest] = await database.query<{ month: string; since: string; upto: string; part: boolean }>({
    name: '',
    text: oldestMonth,
  })
  if (!oldest) throw new Error('no month is over: more days of orders are needed')
  const { month, since, upto, part } = oldest
  const startedAt = performance.now()
  if (part) {
    const detached = await database.query<{ name: string }>({ name: '', text: detach }, [month])
    for (const { name } of detached) await database.query({ name: '', text: `DROP TABLE ${name}` })
  } else {
    for (const table of tables) {
      const text = `DELETE FROM ${table} WHERE order_id >= $1::uuid AND order_id < $2::uuid`
      await database.query({ name: '', text }, [since, upto])
    }
    for (const table of tables) await database.query({ name: '', text: `VACUUM ${table}` })
  }
  return performance.now() - startedAt
}

const detach = 'SELECT detach_order_month($1::date) AS name'

const oldestMonth = `
SELECT month::text, first_order_id(month) AS since, first_order_id((month + interval '1 month')::date) AS upto,
  month IN (SELECT order_months()) AS part
FROM (SELECT month_of_order(order_id) AS month FROM orders ORDER BY order_id LIMIT 1) AS oldest
WHERE month < this_month()`
