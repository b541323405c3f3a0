// What is in the tables of the orders service after a month at a steady rate? Written by the server
// itself, in the order of time, as the shop would have written it: orders, their lines and
// timelines for 30 days, the inbox for as long as it remembers, keys for their time.
import { createPool } from '@orderpipeline/postgres'

export interface Fill {
  readonly url: string
  readonly ordersPerDay: number
  /** 30 unless given. */
  readonly days?: number
  /** Days that are written at once, each by a connection; 1 unless given. */
  readonly connections?: number
  readonly say: (line: string) => void
}

export const daysFilled = 30
/**
 * The inbox of the orders stage, for Kafka's default of seven days and one more; each order brings
 * it four messages.
 */
const inboxDays = 9
const messagesPerOrder = 4

/** Months of the time that is filled are made before, unless there are none. Returns the rows. */
export async function fillMonth({ url, ordersPerDay, days = daysFilled, connections = 1, say }: Fill): Promise<number> {
  const remaining = Array.from({ length: days }, (_, index) => days - index)
  const worker = (): Promise<void> =>
    withConnection(url, async (run) => {
      await run(`SET work_mem = '64MB'`)
      for (let day = remaining.shift(); day !== undefined; day = remaining.shift()) {
        if (day % Math.ceil(days / 6) === 0) say(`filling: day ${days - day + 1} of ${days} …`)
        await fillDay(run, day, ordersPerDay)
      }
    })
  await withConnection(url, (run) =>
    run(`SELECT make_inbox_day((now() AT TIME ZONE 'UTC')::date - n) FROM generate_series(0, $1::int) AS n`, [
      inboxDays,
    ]),
  )
  await Promise.all(Array.from({ length: connections }, worker))
  await withConnection(url, async (run) => {
    await run(keys, [ordersPerDay])
    await run('SELECT begin_key_generation(24)')
    await run(keys, [Math.ceil(ordersPerDay / 2)])
    // Vacuumed and analysed, as autovacuum leaves them.
    for (const table of ['orders', 'order_items', 'order_events', 'inbox', 'idempotency_keys'])
      await run(`VACUUM (ANALYZE) ${table}`)
  })
  return ordersPerDay * (days * rowsPerOrder + Math.min(days, inboxDays) * messagesPerOrder + 1.5)
}

/** The months before this one that the days reach into. */
export function makeMonths(url: string, days = daysFilled): Promise<void> {
  return withConnection(url, async (run) => {
    const months = Math.ceil(days / 28)
    await run(
      `SELECT make_order_month((this_month() - n * interval '1 month')::date) FROM generate_series(1, $1::int) AS n`,
      [months],
    )
  })
}

type Run = (text: string, values?: readonly unknown[]) => Promise<unknown>

async function withConnection(url: string, work: (run: Run) => Promise<unknown>): Promise<void> {
  const pool = createPool({ url, role: 'orders', size: 1, statementTimeoutMs: 3_600_000 })
  try {
    await work((text, values) => pool.query({ name: '', text }, values))
  } finally {
    await pool.close()
  }
}

/** An order, its line, and seven steps of its timeline. */
const rowsPerOrder = 9

async function fillDay(run: Run, day: number, ordersPerDay: number): Promise<void> {
  for (const text of [orders, lines, timelines]) await run(text, [day, ordersPerDay])
  if (day > inboxDays) return
  for (let message = 0; message < messagesPerOrder; message++) await run(messages, [day, ordersPerDay, message])
}

/**
 * $1: days ago, $2: orders of that day; spread over it evenly. An id begins with its time; the rest
 * follows from its number.
 */
const placedOrders = `
SELECT
  n,
  at,
  (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text || at::text), 1, 3) || '8' ||
    substr(md5(at::text || n::text), 1, 15))::uuid AS order_id
FROM (
  SELECT n, now() - make_interval(days => $1) + n * interval '1 day' / $2 AS at
  FROM generate_series(0, $2::int - 1) AS n
) AS times`

const orders = `
INSERT INTO orders (order_id, customer_id, currency, status, total_cents, placed_at, updated_at)
SELECT order_id, 'customer-' || n % 50000, 'EUR', 'SHIPPED', 998, at, at + interval '1 minute' FROM (${placedOrders}) AS placed`

const lines = `
INSERT INTO order_items (order_id, line, sku, quantity, unit_price_cents)
SELECT order_id, 1, 'SKU-0001', 2, 499 FROM (${placedOrders}) AS placed`

const timelines = `
INSERT INTO order_events (order_id, event, status, event_id, at)
SELECT order_id, event, status, md5(order_id::text || event)::uuid, at
FROM (${placedOrders}) AS placed, (VALUES ('OrderPlaced', 'PLACED'), ('OrderValidated', 'PROCESSING'), ('StockReserved', NULL),
  ('PaymentCaptured', NULL), ('OrderConfirmed', 'CONFIRMED'), ('ShipmentPrepared', NULL), ('OrderShipped', 'SHIPPED')
) AS happened (event, status)`

/** $3: which message of the order; its id is made as event ids are. */
const messages = `
INSERT INTO inbox (event_id, received_at)
SELECT overlay(md5(order_id::text || $3::text) PLACING left(replace(order_id::text, '-', ''), 12) FROM 1 FOR 12)::uuid, at
FROM (${placedOrders}) AS placed`

/** $1: how many. */
const keys = `
INSERT INTO idempotency_keys (customer_id, idempotency_key, order_id, request_hash)
SELECT 'customer-' || n % 50000, gen_random_uuid()::text, gen_random_uuid(), md5(n::text) FROM generate_series(1, $1::int) AS n`
