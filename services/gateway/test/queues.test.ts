// Does the gateway know the backlog behind it, and refuse an order that would wait too long?
import { openSession } from '@orderpipeline/postgres'
import { placedEvent, testOrder, until } from '@orderpipeline/stage/testing'
import { ordersStage } from '@orderpipeline/orders'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ask, gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'

interface Health {
  readonly status: string
  readonly queues: readonly { readonly name: string; readonly lag: number; readonly oldestAgeSeconds: number }[]
}

let on: GatewayTestEnvironment
let gateway: Gateway
beforeAll(async () => {
  on = await gatewayTestEnvironment([
    'orders.placed',
    'orders.validated',
    'orders.cancelled',
    'orders.status',
    'orders.dead-letters',
  ])
  gateway = await on.start(settings())
})
afterAll(() => on.close())

function settings() {
  return {
    KAFKA_GROUP_PREFIX: on.bench.prefix,
    QUEUES_CACHE_SECONDS: '0.2',
    QUEUES_MAX_AGE_SECONDS: '2',
  }
}
function health(at = gateway) {
  return ask<Health>(`${at.url}/health/queues?strict`)
}
async function queue(name: string) {
  return (await health()).body.queues.find((each) => each.name === name)
}
const order = { customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 1 }] }
function place(at: Gateway) {
  return ask(`${at.url}/v1/orders`, { body: order })
}

test('reports a stage’s backlog with its age, and a stuck queue as unhealthy', async () => {
  const now = () => new Date()
  const stage = on.bench.start('orders', ['orders.placed'], ordersStage({ now }))
  expect((await place(gateway)).status).toBe(202)
  await until(async () => (await queue('orders'))?.lag === 0)
  expect(await health()).toMatchObject({ status: 200, body: { status: 'moving' } })
  await stage.drain()

  await on.bench.publish(Array.from({ length: 30 }, (_, n) => placedEvent(testOrder(n, { 'SKU-0001': 1 }))))
  await until(async () => (await queue('orders'))?.lag === 30)
  await until(async () => (await health()).status === 503)
  const { body, headers } = await health()
  expect(await ask(`${gateway.url}/health/queues`)).toMatchObject({ status: 200, body: { status: 'stuck' } })
  expect(body.status).toBe('stuck')
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
  expect(body.queues.find(({ name }) => name === 'orders')).toMatchObject({ lag: 30, stuck: true })
  expect((await queue('orders'))?.oldestAgeSeconds).toBeGreaterThanOrEqual(2)
  expect(await queue('intake')).toMatchObject({ lag: 0, oldestAgeSeconds: 0 })
})

/** Its oldest message waits ever longer, since no replica of the stage runs. */
async function makeBacklog(): Promise<void> {
  // A consumer group is known once it has committed an offset.
  expect((await place(gateway)).status).toBe(202)
  const stage = on.bench.start('orders', ['orders.placed'], ordersStage({ now: () => new Date() }))
  await until(async () => (await queue('orders'))?.lag === 0)
  await stage.drain()
  await on.bench.publish(Array.from({ length: 30 }, (_, n) => placedEvent(testOrder(n, { 'SKU-0001': 1 }))))
}

test('refuses an order whose wait exceeds the promise, and stores nothing', async () => {
  await makeBacklog()
  const promising = await on.start({ ...settings(), PROMISE_SECONDS: '1', PROMISE_PROBE_SECONDS: '3600' })
  const patient = await on.start({ ...settings(), PROMISE_SECONDS: '86400' })
  const elsewhere = await on.start({ ...settings(), PROMISE_SECONDS: '1', PROMISE_STAGES: 'payment' })
  const storedCount = async () => (await on.database.ask('orders', 'SELECT FROM orders')).length
  await until(async () => (await place(promising)).status === 503)
  const before = await storedCount()
  for (const [path, body] of [
    ['/v1/orders', order],
    ['/v1/orders/sync', order],
    ['/v1/orders/batch', { orders: [order] }],
  ] as const) {
    const refusal = await ask(`${promising.url}${path}`, { body })
    expect(refusal).toMatchObject({ status: 503, body: { title: 'Service Unavailable' } })
    expect(refusal.headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
  }
  expect(await storedCount()).toBe(before)
  expect([(await place(patient)).status, (await place(elsewhere)).status]).toEqual([202, 202])
  expect((await ask(`${promising.url}/v1/orders?customer=customer-1`)).status).toBe(200)
})

test('answers a repeat of an accepted order while it refuses new ones', async () => {
  const key = { 'idempotency-key': 'before-the-rush' }
  const first = await ask<{ orderId: string }>(`${gateway.url}/v1/orders`, { body: order, headers: key })
  const whole = { orders: [order, { ...order, idempotencyKey: 'in-a-batch' }] }
  const placement = await ask<Results>(`${gateway.url}/v1/orders/batch`, { body: whole, headers: key })
  const promising = await on.start({ ...settings(), PROMISE_SECONDS: '1', PROMISE_PROBE_SECONDS: '3600' })
  await until(async () => (await place(promising)).status === 503)
  const again = await ask(`${promising.url}/v1/orders`, { body: order, headers: key })
  expect(again).toMatchObject({ status: 202, body: { orderId: first.body.orderId } })
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  const other = { ...order, items: [{ sku: 'SKU-0002', quantity: 1 }] }
  expect((await ask(`${promising.url}/v1/orders`, { body: other, headers: key })).status).toBe(422)
  const more = { orders: [...whole.orders, order] }
  const batch = await ask<Results>(`${promising.url}/v1/orders/batch`, { body: more, headers: key })
  expect(batch.body.results.map(({ status }) => status)).toEqual([202, 202, 503])
  expect(batch.body.results.slice(0, 2).map(({ orderId }) => orderId)).toEqual(
    placement.body.results.map(({ orderId }) => orderId),
  )
})

test('accepts a late order, says so, and lets no synchronous caller wait for it', async () => {
  const late = { promisedSeconds: 1, expectedSeconds: expect.any(Number) as number }
  await makeBacklog()
  const degrading = await on.start({ ...settings(), PROMISE_SECONDS: '1', PROMISE_REFUSE_SECONDS: '86400' })
  await until(async () => (await ask<Placed>(`${degrading.url}/v1/orders`, { body: order })).body.late !== undefined)

  const headers = { 'idempotency-key': 'late-order' }
  const placement = await ask<Placed>(`${degrading.url}/v1/orders`, { body: order, headers })
  expect(placement).toMatchObject({ status: 202, body: { status: 'PLACED', late } })
  expect(placement.body.late?.expectedSeconds).toBeGreaterThan(1)
  const repeated = await ask<Placed>(`${degrading.url}/v1/orders`, { body: order, headers })
  expect(repeated).toMatchObject({ status: 202, body: { orderId: placement.body.orderId } })
  expect(repeated.body.late).toBeUndefined()

  const synchronous = await ask<Placed>(`${degrading.url}/v1/orders/sync`, {
    body: order,
    headers: { prefer: 'wait=9' },
  })
  expect(synchronous).toMatchObject({ status: 202, body: { late } })
  expect(synchronous.headers.get('preference-applied')).toBe('wait=0')
  const batch = await ask(`${degrading.url}/v1/orders/batch`, { body: { orders: [order] } })
  expect(batch.body).toMatchObject({ results: [{ status: 202, late }] })
  const metrics = await (await fetch(`${degrading.metricsUrl}/metrics`)).text()
  expect(Number(/^gateway_orders_late_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(3)
})

interface Placed {
  readonly orderId: string
  readonly late?: { readonly promisedSeconds: number; readonly expectedSeconds: number }
}

interface Results {
  readonly results: readonly { readonly status: number; readonly orderId?: string }[]
}

test('accepts orders without Kafka until the intake exceeds the promised time', async () => {
  const own = await gatewayTestEnvironment([])
  // In the place of one that relays and gets nowhere.
  const relaying = await openSession({ url: own.database.url, role: 'orders' })
  try {
    expect(await relaying.tryLock('orders.intake_outbox relay')).toBe(true)
    const away = { KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1', QUEUES_CACHE_SECONDS: '0.2' }
    const alone = await own.start({ ...away, PROMISE_SECONDS: '1' })
    const patient = await own.start({ ...away, PROMISE_SECONDS: '86400' })
    expect((await place(alone)).status).toBe(202)
    const unknown = await health(alone)
    const lenient = await ask(`${alone.url}/health/queues`)
    expect(lenient).toMatchObject({ status: 200, body: { status: 'unknown', queues: [] } })
    expect(unknown).toMatchObject({ status: 503, body: { detail: 'the queues cannot be read' } })
    expect(unknown.headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
    await until(async () => (await place(alone)).status === 503)
    expect((await place(patient)).status).toBe(202)
  } finally {
    await relaying.close()
    await own.close()
  }
})

test('reads Kafka once for many callers', async () => {
  const slow = await on.start({ ...settings(), QUEUES_CACHE_SECONDS: '300' })
  const first = await health(slow)
  await on.bench.publish([placedEvent(testOrder(99, { 'SKU-0001': 1 }))])
  for (const { body } of await Promise.all(Array.from({ length: 20 }, () => health(slow))))
    expect(body).toEqual(first.body)
})

test('gateways with the same queues share one read of Kafka', async () => {
  const sharedSettings = { ...settings(), QUEUES_CACHE_SECONDS: '300', QUEUES_MAX_AGE_SECONDS: '77' }
  const [one, other] = [await on.start(sharedSettings), await on.start(sharedSettings)]
  const first = await health(one)
  await on.bench.publish([placedEvent(testOrder(98, { 'SKU-0001': 1 }))])
  expect((await health(other)).body).toEqual(first.body)
  const looks = `SELECT count(*)::int AS looks FROM shared_looks WHERE name LIKE '% 77' AND looked_at IS NOT NULL`
  expect(await on.database.ask('orders', looks)).toEqual([{ looks: 1 }])
})
