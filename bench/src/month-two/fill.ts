// What is in the tables of the orders service after a month at a steady rate? Written by the server
// itself, in the order of time, as the shop would have written it: orders, their lines and
// timelines for 30 days, the inbox for as long as it remembers, keys for their time.
import { createPool } from '@orderpipeline/postgres'

export interface Fill {
  readonly url: string
  readonly ordersPerDay: number
  readonly say: (line: string) => void
}

export const daysFilled = 30
/**
 * The inbox of the orders stage, for Kafka's default of seven days and one more; each order brings
 * it four messages.
 */
const inboxDays = 9
const messagesPerOrder = 4

export async function fillMonth({ url, ordersPerDay, say }: Fill): Promise<number> {
  const pool = createPool({ url, role: 'orders', size: 1, statementTimeoutMs: 3_600_000 })
  const run = (text: string, values?: readonly unknown[]) => pool.query({ name: '', text }, values)
  try {
    await run(`SELECT make_order_month((this_month() - n * interval '1 month')::date) FROM generate_series(1, 2) AS n`)
    await run(`SELECT make_inbox_day((now() AT TIME ZONE 'UTC')::date - n) FROM generate_series(0, $1::int) AS n`, [
      inboxDays,
    ])
    await run(`SET work_mem = '64MB'`)
    let rows = 0
    for (let day = daysFilled; day >= 1; day--) {
      if (day % 5 === 0) say(`filling: day ${daysFilled - day + 1} of ${daysFilled} …`)
      for (const text of [orders, lines, timelines]) {
        await run(text, [day, ordersPerDay])
      }
      rows += ordersPerDay * 9
      if (day > inboxDays) continue
      for (let message = 0; message < messagesPerOrder; message++) await run(messages, [day, ordersPerDay, message])
      rows += ordersPerDay * messagesPerOrder
    }
    await run(keys, [ordersPerDay])
    await run('SELECT begin_key_generation(24)')
    await run(keys, [Math.ceil(ordersPerDay / 2)])
    // Vacuumed and analysed, as autovacuum leaves them.
    for (const table of ['orders', 'order_items', 'order_events', 'inbox', 'idempotency_keys'])
      await run(`VACUUM (ANALYZE) ${table}`)
    return rows + ordersPerDay * 1.5
  } finally {
    await pool.close()
  }
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
