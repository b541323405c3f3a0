// Does an order reach its one end through all services, even when customers cancel and Kafka is
// killed in the middle?
import { mkdtemp, rm, chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inProcessHost, persistedPorts, postgresUrl, startKafka } from '@orderpipeline/cluster/testing'
import {
  placedEvent,
  shopStages,
  shopTopics,
  stageBench,
  testDatabase,
  testOrder,
  until,
} from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase, TestOrder } from '@orderpipeline/stage/testing'
import { openSession } from '@orderpipeline/postgres'
import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { cancelOrder } from '@orderpipeline/orders/cancellation'
import { relayMetrics, startRelay } from '@orderpipeline/orders/intake'
import type { Relay } from '@orderpipeline/orders/intake'
import { createProvider } from '@orderpipeline/payment'
import { providerConfig, declineReason, startPaymentProvider } from '@orderpipeline/payment-provider'
import type { PaymentProvider } from '@orderpipeline/payment-provider'
import { startShopStages } from '../src/shop-definitions.ts'

const stock = 1_000
const declineRate = 0.2

let dir: string
let database: TestDatabase
let provider: PaymentProvider
let kafka: Awaited<ReturnType<typeof ownKafka>>

/** For this test alone, since it is killed. */
async function ownKafka(folder: string) {
  const host = inProcessHost(join(folder, 'processes'))
  const ports = persistedPorts(join(folder, 'ports.json'))
  const port = await ports.port('kafka')
  const controllerPort = await ports.port('controller')
  const start = () => startKafka(host, { dir: join(folder, 'kafka'), port, controllerPort, sizing: 'tests' })
  const { bootstrapServers } = await start()
  return { bootstrapServers, start, kill: () => host.stop('kafka', { signal: 'SIGKILL' }), close: () => host.close() }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orderpipeline-saga-'))
  await chmod(dir, 0o711)
  database = await testDatabase(postgresUrl(), { seedProducts: 10, seedStockQuantity: stock })
  kafka = await ownKafka(dir)
  provider = await startPaymentProvider(
    providerConfig({
      HTTP_PORT: '0',
      METRICS_PORT: '0',
      DATABASE_URL: database.url,
      PROVIDER_LATENCY_MS: '30',
      PROVIDER_ERROR_RATE: '0.05',
      PROVIDER_DECLINE_RATE: String(declineRate),
    }),
    silentLogger(),
  )
})
afterAll(async () => {
  for (const closer of provider.closers) await closer.close()
  await database.drop()
  await kafka.close()
  await rm(dir, { recursive: true, force: true })
})

/** What the intake does before it publishes. */
async function accept(orders: readonly TestOrder[]): Promise<void> {
  await database.ask(
    'orders',
    `INSERT INTO orders (order_id, customer_id, currency) SELECT *, 'EUR' FROM unnest($1::uuid[], $2::text[])`,
    [orders.map(({ orderId }) => orderId), orders.map(({ customerId }) => customerId)],
  )
  const lines = orders.flatMap(({ orderId, items }) =>
    items.map((item, index) => ({ orderId, line: index + 1, ...item })),
  )
  await database.ask(
    'orders',
    `INSERT INTO order_items (order_id, line, sku, quantity) SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::int[])`,
    [
      lines.map(({ orderId }) => orderId),
      lines.map(({ line }) => line),
      lines.map(({ sku }) => sku),
      lines.map(({ quantity }) => quantity),
    ],
  )
}

function startAll(bench: Bench): void {
  // The kill makes calls and commits fail for seconds: messages must not use up their attempts
  // meanwhile.
  const patient = { STAGE_RETRY_ATTEMPTS: 10 }
  startShopStages(bench, { provider: createProvider({ url: provider.url, timeoutMs: 5_000 }) }, patient)
}

/** The gateway's relay: it publishes the events of cancellations. */
function relayed(bench: Bench): Relay {
  return startRelay({
    database: database.as('orders'),
    openSession: (onNotification) => openSession({ url: database.url, role: 'orders', onNotification }),
    publish: (messages) => bench.publishRaw(messages),
    metrics: relayMetrics(createRegistry()),
    logger: silentLogger(),
    ...{ batchSize: 100, takeOverMs: 100, pollMs: 200 },
  })
}

function ids(orders: readonly TestOrder[]) {
  return orders.map(({ orderId }) => orderId)
}
function endings(orders: readonly TestOrder[]) {
  return database.ask<{ order_id: string; status: string; reason: string | null }>(
    'orders',
    `SELECT order_id, status, reason FROM orders WHERE order_id = ANY ($1) AND status IN ('SHIPPED', 'CANCELLED')`,
    [ids(orders)],
  )
}
async function count(role: string, text: string, orders: readonly TestOrder[]): Promise<number> {
  return (await database.ask<{ count: number }>(role, text, [ids(orders)]))[0]?.count ?? 0
}

async function net(role: string, text: string): Promise<Map<string, number>> {
  const rows = await database.ask<{ order_id: string; amount_cents: number }>(role, text)
  return new Map(rows.map(({ order_id, amount_cents }): [string, number] => [order_id, amount_cents]).sort())
}

test('every order ends once and all records agree after cancellations and a Kafka kill', async () => {
  const bench = await stageBench({
    kafkaBootstrap: kafka.bootstrapServers,
    databaseUrl: database.url,
    topics: [...shopTopics, ...shopStages.map((stage) => `${stage}.dead-letters`)],
  })
  // SKU-0001 runs out after 150 of 400; SKU-9999 is not sold.
  await database.ask('inventory', `UPDATE stock SET available = 150 WHERE sku = 'SKU-0001'`)
  const orders = Array.from({ length: 400 }, (_, n) =>
    testOrder(n, n % 40 === 0 ? { 'SKU-9999': 1 } : n % 2 === 0 ? { 'SKU-0002': 2 } : { 'SKU-0001': 1, 'SKU-0003': 1 }),
  )
  await accept(orders)
  await bench.publish(orders.slice(0, 200).map(placedEvent))
  startAll(bench)
  const relay = relayed(bench)
  await until(async () => (await endings(orders)).length > 20)
  await kafka.kill()
  await kafka.start()
  await bench.publish(orders.slice(200).map(placedEvent))
  // Every fifth customer cancels, at whatever point the order has reached by then. The newest
  // orders come first: they have only just been published, and some of them are cancelled in time.
  const regretted = orders.filter((_, n) => n % 5 === 3).toReversed()
  for (const { orderId, customerId } of regretted) {
    await cancelOrder(database.as('orders'), { orderId, customerId, context: { now: new Date() } })
    await sleep(20)
  }
  await until(async () => (await endings(orders)).length === orders.length, 300)

  const ends = await endings(orders)
  const calledBack = ends.filter(({ reason }) => reason === 'CUSTOMER')
  expect(calledBack.length).toBeGreaterThan(0)
  const sold = ends.filter(({ reason }) => reason === null || reason === 'PAYMENT_DECLINED')
  for (const { order_id, status, reason } of sold) {
    const declined = declineReason(order_id, { declineRate }) !== undefined
    expect([status, reason]).toEqual(declined ? ['CANCELLED', 'PAYMENT_DECLINED'] : ['SHIPPED', null])
  }
  expect(
    await count(
      'orders',
      `SELECT count(*) FROM order_events WHERE status IN ('SHIPPED', 'CANCELLED') AND order_id = ANY ($1)`,
      orders,
    ),
  ).toBe(orders.length)

  // Money: what was charged and not refunded is the total of the shipped orders, in our books as in
  // the provider's.
  const shipped = new Set(ends.filter(({ status }) => status === 'SHIPPED').map(({ order_id }) => order_id))
  await until(async () => {
    const charged = await net(
      'payment_provider',
      `SELECT order_id, amount_cents FROM charges WHERE status = 'captured'`,
    )
    for (const [orderId, amount] of await net('payment_provider', 'SELECT order_id, amount_cents FROM refunds'))
      charged.set(orderId, (charged.get(orderId) ?? 0) - amount)
    const captures = await net('payment', `SELECT order_id, amount_cents FROM payments WHERE status = 'CAPTURED'`)
    const totals = await net(
      'orders',
      `SELECT order_id, total_cents AS amount_cents FROM orders WHERE status = 'SHIPPED'`,
    )
    const netCharges = new Map([...charged].filter(([, amount]) => amount !== 0))
    return isDeepStrictEqual(netCharges, totals) && isDeepStrictEqual(captures, totals) && totals.size === shipped.size
  })
  expect(await count('payment_provider', 'SELECT count(*) FROM refunds WHERE order_id = ANY ($1)', orders)).toBe(
    await count('payment', `SELECT count(*) FROM payments WHERE status = 'REFUNDED' AND order_id = ANY ($1)`, orders),
  )

  // Stock: what shipped orders hold is what is missing, once the last release has been handled.
  const holding = (sku: string) =>
    orders
      .filter(({ orderId }) => shipped.has(orderId))
      .reduce((sum, { items }) => sum + (items.find((item) => item.sku === sku)?.quantity ?? 0), 0)
  const stockOf = async (sku: string) =>
    (await database.ask<{ available: number }>('inventory', 'SELECT available FROM stock WHERE sku = $1', [sku]))[0]
      ?.available
  await until(async () => (await bench.lag('inventory', 'orders.cancelled')) === 0)
  expect(await stockOf('SKU-0001')).toBe(150 - holding('SKU-0001'))
  expect(await stockOf('SKU-0002')).toBe(stock - holding('SKU-0002'))
  expect(await stockOf('SKU-0003')).toBe(stock - holding('SKU-0003'))

  // Shipments: as many left the house as were shipped, and none is left packed.
  const shipments = (status: string) =>
    count('shipping', `SELECT count(*) FROM shipments WHERE status = '${status}' AND order_id = ANY ($1)`, orders)
  await until(async () => (await shipments('PREPARED')) === 0)
  expect(await shipments('DISPATCHED')).toBe(shipped.size)

  // Messages: one notification for each end; no dead letter; nothing left to publish.
  await until(async () => (await bench.lag('notification', 'orders.status')) === 0)
  const notificationCount = `SELECT count(*) FROM notifications WHERE status IN ('SHIPPED', 'CANCELLED') AND order_id = ANY ($1)`
  expect(await count('notification', notificationCount, orders)).toBe(orders.length)
  await relay.close()
  await bench.close()
  for (const stage of shopStages) {
    expect(await bench.records(`${stage}.dead-letters`)).toEqual([])
    expect(await database.ask(stage, 'SELECT * FROM outbox')).toEqual([])
  }
})
