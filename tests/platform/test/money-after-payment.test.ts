// Does money go back after its payment as the order says it does: by staff for a part, for a parcel
// that comes back, and not during a chargeback? Placed, paid, shipped, refunded in part, returned,
// disputed, by the real gateway, stages and provider.
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { gatewayConfig, startGateway } from '@orderpipeline/gateway'
import type { Gateway } from '@orderpipeline/gateway'
import { inventoryStage } from '@orderpipeline/inventory'
import { allConsumedTopics, allEmittedTopics, eventOf } from '@orderpipeline/order-events'
import { ordersStage } from '@orderpipeline/orders'
import { createProvider, makeDueRefunds, makePartialRefunds, paymentStage } from '@orderpipeline/payment'
import { providerConfig, startPaymentProvider } from '@orderpipeline/payment-provider'
import type { PaymentProvider } from '@orderpipeline/payment-provider'
import { silentLogger } from '@orderpipeline/process'
import { shippingStage } from '@orderpipeline/shipping'
import type { CarriedStatus } from '@orderpipeline/shipping'
import { stageBench, testDatabase, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'

const stages = ['orders', 'inventory', 'payment', 'shipping'] as const
const seedStockQuantity = 1_000
const secret = 'a secret of thirty-two bytes, or a few more'

interface Shown {
  readonly orderId: string
  readonly status: string
  readonly reason?: string
  readonly parcel?: { readonly status: string }
  readonly totalCents: number
  readonly refunds?: readonly { readonly refundId: string; readonly status: string; readonly amountCents: number }[]
  readonly disputes?: readonly { readonly status: string }[]
  readonly timeline: readonly { readonly event: string }[]
}

let database: TestDatabase
let simulator: PaymentProvider
let bench: Bench
let gateway: Gateway
let says: CarriedStatus = 'UNDERWAY'
let labels = 0
function now() {
  return new Date()
}
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 5, seedStockQuantity })
  const settings = { HTTP_PORT: '0', METRICS_PORT: '0', DATABASE_URL: database.url, PROVIDER_LATENCY_MS: '0' }
  simulator = await startPaymentProvider(providerConfig(settings), silentLogger())
  const topics = [...Object.values(allConsumedTopics), ...Object.values(allEmittedTopics)].flat()
  const deadLetters = stages.map((stage) => `${stage}.dead-letters`)
  bench = await stageBench({
    ...{ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url },
    topics: [...new Set([...topics, ...deadLetters])],
  })
  gateway = await startTestGateway()
  startStages()
})
afterAll(async () => {
  for (const closer of gateway.closers) await closer.close()
  await bench.close()
  for (const closer of simulator.closers) await closer.close()
  await database.drop()
})

function startTestGateway(): Promise<Gateway> {
  const emits = ['orders.placed', 'orders.refunds'].map((topic) => bench.prefix + topic).join()
  const authentication = { AUTH_ALGORITHMS: 'HS256', AUTH_SECRET: secret, AUTH_ISSUER: 'test', AUTH_AUDIENCE: 'shop' }
  return startGateway(
    gatewayConfig({
      ...{ HTTP_PORT: '0', METRICS_PORT: '0', DATABASE_URL: database.url, KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap() },
      ...{ KAFKA_TOPIC_PREFIX: bench.prefix, KAFKA_GROUP_PREFIX: bench.prefix, KAFKA_EMIT_TOPICS: emits },
      ...{
        RELAY_TAKE_OVER_SECONDS: '0.2',
        RELAY_POLL_SECONDS: '0.5',
        DRAIN_LINGER_SECONDS: '0',
        ESTIMATE_EVERY_SECONDS: '0',
      },
      ...{ ...authentication, AUTH_STAFF_SCOPE: 'shop.staff' },
    }),
    silentLogger(),
  )
}

function startStages(): void {
  const carrier = {
    label: () => Promise.resolve({ carrier: 'Swift', trackingNumber: `N-${++labels}` }),
    void: () => Promise.resolve(),
    statuses: (numbers: readonly string[]) => Promise.resolve(new Map(numbers.map((number) => [number, says]))),
  }
  const deadlines = { placedSeconds: 3_600, processingSeconds: 3_600, confirmedSeconds: 3_600, stalledSeconds: 0 }
  const rules = { deadlines, everySeconds: 60, returns: { keptSkus: ['SKU-0005'] } }
  const parcels = { carrier, statusIntervalSeconds: 0.1 }
  bench.start('orders', allConsumedTopics.orders, ordersStage({ now }, rules))
  bench.start('inventory', allConsumedTopics.inventory, inventoryStage({ now }))
  bench.start('payment', allConsumedTopics.payment, paymentStage(provider(), { now }))
  bench.start('shipping', allConsumedTopics.shipping, shippingStage({ now }, parcels))
}

function provider() {
  return createProvider({ url: simulator.url, timeoutMs: 30_000 })
}
function bearer(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const seconds = Math.floor(Date.now() / 1_000)
  const about = { iss: 'test', aud: 'shop', sub: 'kim', iat: seconds, exp: seconds + 600 }
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...about, ...claims })}`
  return `Bearer ${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`
}
async function send<T>(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${gateway.url}/v1${path}`, {
    method,
    headers: {
      ...{ 'content-type': 'application/json', authorization: bearer({ scope: 'shop.staff' }) },
      ...headers,
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as T }
}
async function show(orderId: string): Promise<Shown> {
  return (await send<Shown>('GET', `/orders/${orderId}`)).body
}
async function place(items: readonly { sku: string; quantity: number }[]): Promise<string> {
  return (await send<Shown>('POST', '/orders', { items })).body.orderId
}
function refund(orderId: string, key: string, body: object) {
  return send<{ refundId: string; status: string; amountCents: number }>('POST', `/orders/${orderId}/refunds`, body, {
    'idempotency-key': key,
  })
}
/** Payment's task, without its pause of 15 s. */
async function refundsMade(orderId: string, count: number): Promise<void> {
  const surroundings = {
    database: database.as('payment'),
    publish: (events: Parameters<Bench['publish']>[0]) => bench.publish(events),
    stopping: new AbortController().signal,
  }
  await until(async () => {
    await makePartialRefunds(surroundings, { provider: provider(), now })
    await makeDueRefunds(surroundings, { provider: provider(), now })
    const { refunds = [] } = await show(orderId)
    return refunds.length === count && refunds.every(({ status }) => status !== 'REQUESTED')
  }, 60)
}
async function refundedCents(orderId: string): Promise<number> {
  const rows = await database.ask<{ cents: number }>(
    'payment_provider',
    `SELECT amount_cents AS cents FROM partial_refunds WHERE order_id = $1
     UNION ALL SELECT amount_cents FROM refunds WHERE order_id = $1`,
    [orderId],
  )
  return rows.reduce((sum, { cents }) => sum + cents, 0)
}
async function stockOf(sku: string): Promise<number> {
  const rows = await database.ask<{ available: number }>('inventory', 'SELECT available FROM stock WHERE sku = $1', [
    sku,
  ])
  return rows[0]?.available ?? 0
}

test('staff refunds parts of a shipped order, each once, and never more than was paid', async () => {
  says = 'UNDERWAY'
  const orderId = await place([
    { sku: 'SKU-0001', quantity: 2 },
    { sku: 'SKU-0002', quantity: 1 },
  ])
  await until(async () => (await show(orderId)).status === 'SHIPPED', 60)
  const { totalCents } = await show(orderId)
  const before = await stockOf('SKU-0001')
  const lines = { items: [{ sku: 'SKU-0001', quantity: 1 }], reason: 'sent back', restock: true }
  const [first, again] = [await refund(orderId, 'note-1', lines), await refund(orderId, 'note-1', lines)]
  expect(first).toMatchObject({ status: 202, body: { status: 'REQUESTED' } })
  expect(again).toMatchObject({ status: 202, body: { refundId: first.body.refundId } })
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expect((await refund(orderId, 'note-1', { ...lines, reason: 'other' })).status).toBe(422)
  const remainingCents = totalCents - first.body.amountCents
  expect((await refund(orderId, 'note-2', { amountCents: remainingCents + 1, reason: 'late' })).status).toBe(422)
  expect((await refund(orderId, 'note-3', { amountCents: 1, reason: 'late' })).status).toBe(202)
  const concurrent = await Promise.all(
    Array.from({ length: 5 }, (_, n) =>
      refund(orderId, `note-4-${n}`, { amountCents: remainingCents - 1, reason: 'late' }),
    ),
  )
  expect(concurrent.map(({ status }) => status).sort()).toEqual([202, 422, 422, 422, 422])
  await refundsMade(orderId, 3)
  expect(await refundedCents(orderId)).toBe(totalCents)
  const orderView = await show(orderId)
  expect(orderView.refunds?.map(({ status }) => status)).toEqual(['REFUNDED', 'REFUNDED', 'REFUNDED'])
  for (const refunded of orderView.refunds ?? []) {
    expect(refunded).not.toHaveProperty('key')
    expect(refunded).not.toHaveProperty('by')
  }
  const events = orderView.timeline.map(({ event }) => event)
  expect(events).toEqual(expect.arrayContaining(['PartialRefundRequested', 'ItemsReturned', 'PaymentPartlyRefunded']))
  expect(new Set(events).size).toBe(events.length)
  await until(async () => (await stockOf('SKU-0001')) === before + 1, 60)
})

test('only staff refunds, and only what is paid', async () => {
  const orderId = await place([{ sku: 'SKU-0003', quantity: 1 }])
  await until(async () => (await show(orderId)).status === 'SHIPPED', 60)
  const fields = { amountCents: 1, reason: 'late' }
  const customer = { authorization: bearer({}), 'idempotency-key': 'mine' }
  expect((await send('POST', `/orders/${orderId}/refunds`, fields, customer)).status).toBe(403)
  expect((await send('POST', `/orders/${orderId}/refunds`, fields)).status).toBe(400)
  expect((await refund(orderId, 'k', { reason: 'late' })).status).toBe(422)
  expect((await refund(orderId, 'k', { ...fields, items: [{ sku: 'SKU-0003', quantity: 1 }] })).status).toBe(422)
  expect((await refund('01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', 'k', fields)).status).toBe(404)
  await database.ask('orders', `UPDATE orders SET status = 'PLACED' WHERE order_id = $1`, [orderId])
  expect(await refund(orderId, 'k', fields)).toMatchObject({ status: 409, body: { state: 'PLACED' } })
})

test('a parcel that comes back is refunded but for what went back before, and is in stock again', async () => {
  says = 'UNDERWAY'
  const before = await stockOf('SKU-0004')
  const orderId = await place([
    { sku: 'SKU-0004', quantity: 3 },
    { sku: 'SKU-0005', quantity: 1 },
  ])
  await until(async () => (await show(orderId)).status === 'SHIPPED', 60)
  await refund(orderId, 'first', { items: [{ sku: 'SKU-0004', quantity: 1 }], reason: 'broken' })
  says = 'RETURNED'
  await until(async () => (await show(orderId)).parcel?.status === 'RETURNED', 60)
  await refundsMade(orderId, 2)
  const { refunds = [], totalCents } = await show(orderId)
  expect(refunds.map(({ status }) => status)).toEqual(['REFUNDED', 'REFUNDED'])
  const [shipping] = await database.ask<{ price_cents: number }>(
    'orders',
    `SELECT price_cents FROM products WHERE sku = 'SKU-0005'`,
  )
  expect(await refundedCents(orderId)).toBe(totalCents - (shipping?.price_cents ?? NaN))
  await until(async () => (await stockOf('SKU-0004')) === before, 60)
})

test('a disputed order is cancelled before its goods leave, and not refunded while it is open', async () => {
  const orderId = await place([{ sku: 'SKU-0001', quantity: 1 }])
  await until(async () => (await show(orderId)).status === 'SHIPPED', 60)
  // As it is before the shipment: the bank is faster than the packing.
  await database.ask('orders', `UPDATE orders SET status = 'CONFIRMED' WHERE order_id = $1`, [orderId])
  const [payment] = await database.ask<{ charge_id: string; amount_cents: number; customer_id: string }>(
    'payment',
    'SELECT charge_id, amount_cents, customer_id FROM payments WHERE order_id = $1',
    [orderId],
  )
  if (!payment) throw new Error('not paid')
  const { charge_id: chargeId, amount_cents: amountCents, customer_id: customerId } = payment
  await database.ask(
    'payment',
    `INSERT INTO disputes (dispute_id, order_id, charge_id, customer_id, amount_cents, currency, reason, status)
     VALUES ('du-1', $1, $2, $3, $4, 'EUR', 'fraudulent', 'OPEN')`,
    [orderId, chargeId, customerId, amountCents],
  )
  const dispute = { orderId, customerId, chargeId, disputeId: 'du-1', amountCents, currency: 'EUR', reason: 'x' }
  await bench.publish([eventOf('PaymentDisputed', dispute, { source: '/payment', now: now() }, 'du-1')])
  await until(async () => (await show(orderId)).status === 'CANCELLED', 60)
  expect(await show(orderId)).toMatchObject({ reason: 'DISPUTED', disputes: [{ status: 'OPEN' }] })
  await until(async () => (await bench.lag('payment', 'orders.cancelled')) === 0, 60)
  await refundsMade(orderId, 0)
  expect(await refundedCents(orderId)).toBe(0)
  expect(await refund(orderId, 'k', { amountCents: 1, reason: 'late' })).toMatchObject({ status: 409 })
  await database.ask('payment', `UPDATE disputes SET status = 'WON', closed_at = now() WHERE dispute_id = 'du-1'`)
  await database.ask('payment', 'UPDATE refunds_due SET due_at = now()')
  await refundsMade(orderId, 0)
  await until(async () => (await refundedCents(orderId)) === amountCents, 60)
})

test('nothing became a dead letter', async () => {
  for (const stage of stages) expect(await bench.records(`${stage}.dead-letters`)).toEqual([])
})
