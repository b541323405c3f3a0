// Does money go back after its payment as the order says it does: by staff for a part, for a parcel
// that comes back, and not during a chargeback? Placed, paid, shipped, refunded in part, returned,
// disputed, by the real gateway, stages and provider.
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { gatewayConfig, startGateway } from '@orderpipeline/gateway'
import type { Gateway } from '@orderpipeline/gateway'
import { inventoryStage } from '@orderpipeline/inventory'
import { allConsumedTopics, allEmittedTopics } from '@orderpipeline/order-events'
import { ordersStage } from '@orderpipeline/orders'
import {
  askAboutDisputes,
  createProvider,
  makeDueRefunds,
  makePartialRefunds,
  paymentStage,
  simulatorDisputes,
  watchChanged,
} from '@orderpipeline/payment'
import { providerConfig, startPaymentProvider } from '@orderpipeline/payment-provider'
import type { PaymentProvider } from '@orderpipeline/payment-provider'
import { silentLogger } from '@orderpipeline/process'
import { shippingStage } from '@orderpipeline/shipping'
import { stageBench, testDatabase, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { Ledger } from '@orderpipeline/test-support/ledger'

const stages = ['orders', 'inventory', 'payment', 'shipping'] as const
const seedStockQuantity = 1_000
const secret = 'a secret of thirty-two bytes, or a few more'

interface Shown {
  readonly orderId: string
  readonly status: string
  readonly reason?: string
  readonly parcel?: { readonly status: string; readonly trackingNumber: string }
  readonly totalCents: number
  readonly refunds?: readonly { readonly refundId: string; readonly status: string; readonly amountCents: number }[]
  readonly disputes?: readonly { readonly status: string }[]
  readonly timeline: readonly { readonly event: string; readonly refundId?: string }[]
}

let database: TestDatabase
let ledger: Ledger
let simulator: PaymentProvider
let bench: Bench
let gateway: Gateway
const cameBack = new Set<string>()
let labels = 0
function now() {
  return new Date()
}
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 5, seedStockQuantity })
  const own = new URL(postgresUrl())
  own.pathname = new URL(database.url).pathname
  ledger = new Ledger(own.href)
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
  await ledger.close()
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
    statuses: (numbers: readonly string[]) =>
      Promise.resolve(new Map(numbers.map((number) => [number, carried(number)]))),
  }
  const deadlines = { placedSeconds: 3_600, processingSeconds: 3_600, confirmedSeconds: 3_600, stalledSeconds: 0 }
  const rules = { deadlines, everySeconds: 60, returns: { keptSkus: ['SKU-0005'] } }
  const parcels = { carrier, statusIntervalSeconds: 0.1 }
  bench.start('orders', allConsumedTopics.orders, ordersStage({ now }, rules))
  bench.start('inventory', allConsumedTopics.inventory, inventoryStage({ now }))
  bench.start('payment', allConsumedTopics.payment, paymentStage(provider(), { now }))
  bench.start('shipping', allConsumedTopics.shipping, shippingStage({ now }, parcels))
}

/** What the carrier answers about a parcel. */
function carried(trackingNumber: string) {
  return cameBack.has(trackingNumber) ? ('RETURNED' as const) : ('UNDERWAY' as const)
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
/** What the stage gives its periodic tasks. */
function surroundings() {
  return {
    database: database.as('payment'),
    publish: (events: Parameters<Bench['publish']>[0]) => bench.publish(events),
    stopping: new AbortController().signal,
  }
}
/** Payment's task, without its pause of 15 s. */
async function refundsMade(orderId: string, count: number): Promise<void> {
  await until(async () => {
    await makePartialRefunds(surroundings(), { provider: provider(), now })
    await makeDueRefunds(surroundings(), { provider: provider(), now })
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
/** The customer's bank takes the payment back. Returns the dispute's id. */
async function disputed(orderId: string): Promise<string> {
  return (await callProvider('POST', '/v1/disputes', { orderId })).disputeId
}
async function closed(disputeId: string, status: 'WON' | 'LOST'): Promise<void> {
  await callProvider('PUT', `/v1/disputes/${disputeId}`, { status })
}
async function callProvider(method: string, path: string, body: object): Promise<{ readonly disputeId: string }> {
  const response = await fetch(`${simulator.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path}: answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as { disputeId: string }
}
/** Payment's task that asks about disputes, without its pauses. */
async function untilStageKnows(done: () => Promise<boolean>): Promise<void> {
  const source = simulatorDisputes({ url: simulator.url, timeoutMs: 30_000 })
  const options = { source, publishes: true, now }
  await until(async () => {
    await watchChanged(surroundings(), options)
    await askAboutDisputes(surroundings(), options)
    return done()
  }, 60)
}
async function stockOf(sku: string): Promise<number> {
  const rows = await database.ask<{ available: number }>('inventory', 'SELECT available FROM stock WHERE sku = $1', [
    sku,
  ])
  return rows[0]?.available ?? 0
}

test('staff refunds parts of a shipped order, each once, and never more than was paid', async () => {
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
  const refundsWith = (name: string) =>
    orderView.timeline.filter(({ event }) => event === name).map(({ refundId }) => refundId)
  const refundIds = orderView.refunds?.map(({ refundId }) => refundId).sort()
  expect(refundsWith('PartialRefundRequested').sort()).toEqual(refundIds)
  expect(refundsWith('PaymentPartlyRefunded').sort()).toEqual(refundIds)
  expect(refundsWith('ItemsReturned')).toEqual([first.body.refundId])
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
  const before = await stockOf('SKU-0004')
  const orderId = await place([
    { sku: 'SKU-0004', quantity: 3 },
    { sku: 'SKU-0005', quantity: 1 },
  ])
  await until(async () => (await show(orderId)).status === 'SHIPPED', 60)
  await refund(orderId, 'first', { items: [{ sku: 'SKU-0004', quantity: 1 }], reason: 'broken' })
  cameBack.add((await show(orderId)).parcel?.trackingNumber ?? 'no parcel')
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

test('a disputed order is cancelled before its goods leave, and refunded once the shop has won', async () => {
  const orderId = await place([{ sku: 'SKU-0001', quantity: 1 }])
  await until(async () => (await show(orderId)).status === 'SHIPPED', 60)
  // As it is before the shipment: the bank is faster than the packing.
  await database.ask('orders', `UPDATE orders SET status = 'CONFIRMED' WHERE order_id = $1`, [orderId])
  const { totalCents } = await show(orderId)
  const disputeId = await disputed(orderId)
  await untilStageKnows(async () => (await show(orderId)).status === 'CANCELLED')
  expect(await show(orderId)).toMatchObject({ reason: 'DISPUTED', disputes: [{ status: 'OPEN' }] })
  await until(async () => (await bench.lag('payment', 'orders.cancelled')) === 0, 60)
  await refundsMade(orderId, 0)
  expect(await refundedCents(orderId)).toBe(0)
  expect(await refund(orderId, 'k', { amountCents: 1, reason: 'late' })).toMatchObject({ status: 409 })
  await closed(disputeId, 'WON')
  await untilStageKnows(async () => (await show(orderId)).disputes?.[0]?.status === 'WON')
  await database.ask('payment', 'UPDATE refunds_due SET due_at = now()')
  await refundsMade(orderId, 0)
  await until(async () => (await refundedCents(orderId)) === totalCents, 60)
})

test('a shipped order stays shipped when its payment is disputed, and nothing is refunded after a loss', async () => {
  const orderId = await place([{ sku: 'SKU-0002', quantity: 1 }])
  await until(async () => (await show(orderId)).status === 'SHIPPED', 60)
  const disputeId = await disputed(orderId)
  await untilStageKnows(async () => (await show(orderId)).disputes?.[0]?.status === 'OPEN')
  expect(await refund(orderId, 'open', { amountCents: 1, reason: 'late' })).toMatchObject({ status: 409 })
  await closed(disputeId, 'LOST')
  await untilStageKnows(async () => (await show(orderId)).disputes?.[0]?.status === 'LOST')
  expect(await refund(orderId, 'lost', { amountCents: 1, reason: 'late' })).toMatchObject({ status: 409 })
  const { status, timeline } = await show(orderId)
  expect(status).toBe('SHIPPED')
  expect(timeline.map(({ event }) => event).slice(-2)).toEqual(['PaymentDisputed', 'PaymentDisputeClosed'])
  expect(await refundedCents(orderId)).toBe(0)
})

test('the stock adds up with what came back', async () => {
  const returned = await database.ask('inventory', `SELECT FROM restocks WHERE delivery LIKE 'return-%'`)
  expect(returned).toHaveLength(2)
  await until(async () => (await ledger.audit([])).stockOff === 0, 60)
})

test('nothing became a dead letter', async () => {
  for (const stage of stages) expect(await bench.records(`${stage}.dead-letters`)).toEqual([])
})
