// Does a shop that has been running keep its orders and its money when it is brought up to date?
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { connectAdministrator, createPool } from '@orderpipeline/postgres'
import { migrate, services } from '../src/index.ts'

const name = `upgrade_${randomBytes(4).toString('hex')}`
const url = new URL(postgresUrl())
url.pathname = `/${name}`
async function command(text: string) {
  const administrator = await connectAdministrator({ url: postgresUrl(), log: () => undefined })
  await administrator.command(text).finally(() => administrator.close())
}
async function ask(role: string, text: string) {
  const pool = createPool({ url: url.href, role, size: 1 })
  return pool.query({ name: '', text }).finally(() => pool.close())
}
function runMigrations(migrationsDir?: string) {
  return migrate({ databaseUrl: url.href, migrationsDir, seedProducts: 1, seedStockQuantity: 5, log: () => undefined })
}

let first: string
beforeAll(async () => {
  await command(`CREATE DATABASE ${name}`)
  first = await mkdtemp(join(tmpdir(), 'orderpipeline-first-'))
  // Each service's first migration: the shop as it once was.
  for (const service of services) {
    const folder = service.replaceAll('_', '-')
    const own = join(import.meta.dirname, '../..', folder, 'migrations')
    const [oldest = ''] = (await readdir(own)).sort()
    await mkdir(join(first, folder))
    await cp(join(own, oldest), join(first, folder, oldest))
  }
})
afterAll(async () => {
  await command(`DROP DATABASE ${name} WITH (FORCE)`)
  await rm(first, { recursive: true })
})

const ids = { confirmed: 1, cancelled: 2, waiting: 3 }
function uuid(n: number) {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}
/** As the intake gives them: this one at 2026-03-31T23:59:59.999Z. */
const lastOfMarch = '019d4656-ffff-7abc-8def-0123456789ab'

test('an order confirmed before shipping existed reaches its end consistently', async () => {
  await runMigrations(first)
  await ask(
    'orders',
    `INSERT INTO orders (order_id, customer_id, currency, status, reason, total_cents) VALUES
       ('${uuid(ids.confirmed)}', 'c', 'EUR', 'CONFIRMED', NULL, 700),
       ('${uuid(ids.cancelled)}', 'c', 'EUR', 'CANCELLED', 'OUT_OF_STOCK', 700),
       ('${uuid(ids.waiting)}', 'c', 'EUR', 'PROCESSING', NULL, 700)`,
  )
  await ask(
    'orders',
    `INSERT INTO orders (order_id, customer_id, currency, status, total_cents)
     VALUES ('${lastOfMarch}', 'march', 'EUR', 'PROCESSING', 700)`,
  )
  await ask(
    'orders',
    `INSERT INTO order_items (order_id, line, sku, quantity) VALUES ('${lastOfMarch}', 1, 'SKU-0001', 7)`,
  )
  const placedBy = uuid(90)
  await ask(
    'orders',
    `INSERT INTO order_events (order_id, status, event_id)
     SELECT order_id, unnest(ARRAY['PLACED', 'PROCESSING']), '${placedBy}' FROM orders
     UNION ALL SELECT order_id, status, gen_random_uuid() FROM orders WHERE status <> 'PROCESSING'`,
  )
  await ask(
    'payment',
    `INSERT INTO payments (order_id, customer_id, amount_cents, currency, status, charge_id)
     VALUES ('${uuid(ids.confirmed)}', 'c', 700, 'EUR', 'CAPTURED', 'ch-1')`,
  )
  await ask('orders', `INSERT INTO idempotency_keys VALUES ('c', 'key', '${uuid(ids.waiting)}', 'hash')`)
  await ask('payment', `INSERT INTO inbox VALUES ('${uuid(80)}'), ('${uuid(81)}')`)
  await ask('payment', `INSERT INTO outbox (source_id, topic, key, value) VALUES ('${uuid(81)}', 't', 'k', 'v')`)
  await runMigrations()
  expect(await ask('orders', `SELECT order_id, status, reason FROM orders WHERE customer_id = 'c' ORDER BY 1`)).toEqual(
    [
      { order_id: uuid(ids.confirmed), status: 'SHIPPED', reason: null },
      { order_id: uuid(ids.cancelled), status: 'CANCELLED', reason: 'OUT_OF_STOCK' },
      { order_id: uuid(ids.waiting), status: 'PROCESSING', reason: null },
    ],
  )
  expect(
    await ask('orders', `SELECT event FROM order_events WHERE order_id = '${uuid(ids.confirmed)}' ORDER BY event`),
  ).toEqual([
    { event: 'OrderConfirmed' },
    { event: 'OrderPlaced' },
    { event: 'OrderShipped' },
    { event: 'OrderValidated' },
  ])
  expect(await ask('payment', 'SELECT status, amount_cents FROM payments')).toEqual([
    { status: 'CAPTURED', amount_cents: 700 },
  ])
})

test('recognises an idempotency key and a message from before the upgrade', async () => {
  const key = (name: string) => `('c', '${name}', '${uuid(ids.waiting)}', 'hash')`
  const insertKeys = `INSERT INTO idempotency_keys (customer_id, idempotency_key, order_id, request_hash)
    VALUES ${key('key')}, ${key('other')} ON CONFLICT DO NOTHING RETURNING idempotency_key`
  expect(await ask('orders', insertKeys)).toEqual([{ idempotency_key: 'other' }])
  await ask('orders', 'SELECT begin_key_generation(24)')
  expect(await ask('orders', insertKeys)).toEqual([])

  // As a replica of either version queries it.
  const takeIn = `INSERT INTO inbox (event_id) SELECT unnest('{${uuid(80)},${uuid(81)},${uuid(82)}}'::uuid[])
    ON CONFLICT DO NOTHING RETURNING event_id`
  expect(await ask('payment', takeIn)).toEqual([{ event_id: uuid(82) }])
  const orphans = 'SELECT source_id FROM outbox WHERE NOT EXISTS (SELECT FROM inbox WHERE event_id = source_id)'
  expect(await ask('payment', orphans)).toEqual([])
})

test('a migration waits for a long report without blocking other queries', async () => {
  const busy = await mkdtemp(join(tmpdir(), 'orderpipeline-busy-'))
  await mkdir(join(busy, 'payment'))
  await cp(join(import.meta.dirname, '../../payment/migrations'), join(busy, 'payment'), { recursive: true })
  await writeFile(
    join(busy, 'payment', '0099_note.sql'),
    '-- Up Migration\nALTER TABLE payments ADD COLUMN note text;\n-- Down Migration\nSELECT 1;\n',
  )
  const role = 'payment'
  const pools = [1, 2].map(() => createPool({ url: url.href, role, size: 1, lockTimeoutMs: 5_000 }))
  const [report, writer] = pools
  const administrator = await connectAdministrator({ url: url.href, log: () => undefined })
  let migrating: Promise<string[]> | undefined
  await report?.transaction(async (tx) => {
    await tx.query({ name: '', text: 'SELECT count(*) FROM payments' })
    migrating = administrator.migrate('payment', join(busy, 'payment'))
    // Each of them comes while the migration waits, or between two of its tries.
    for (let n = 0; n < 20; n++) {
      const insert = `INSERT INTO payments (order_id, customer_id, status) VALUES (gen_random_uuid(), 'c', 'CANCELLED')`
      await writer?.query({ name: '', text: insert })
      await sleep(50)
    }
  })
  expect(await migrating).toEqual(['0099_note'])
  await ask('payment', 'SELECT note FROM payments LIMIT 1')
  await ask('payment', `DELETE FROM payments WHERE status = 'CANCELLED'`)
  await administrator.close()
  await Promise.all(pools.map((pool) => pool.close()))
  await rm(busy, { recursive: true })
})

test('moves old rows into their months, or into none where the id has no time', async () => {
  const rows = await ask(
    'orders',
    `SELECT o.tableoid::regclass::text AS "order", i.tableoid::regclass::text AS line, quantity, e.tableoid::regclass::text AS event
     FROM orders o JOIN order_items i USING (order_id) JOIN order_events e USING (order_id)
     WHERE o.order_id = '${lastOfMarch}' AND event = 'OrderPlaced'`,
  )
  expect(rows).toEqual([
    { order: 'orders_2026_03', line: 'order_items_2026_03', quantity: 7, event: 'order_events_2026_03' },
  ])
  expect(await ask('orders', `SELECT count(*) FROM orders_default WHERE customer_id = 'c'`)).toEqual([{ count: 3 }])
})
