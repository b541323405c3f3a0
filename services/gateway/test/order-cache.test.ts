// Is an order shown from Redis once it is final, never before, only to its own customer, and also
// without Redis?
import { until } from '@orderpipeline/stage/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ownRedis } from '@orderpipeline/test-support/own-redis'
import type { OwnRedis } from '@orderpipeline/test-support/own-redis'
import { ask, gatewayTestEnvironment, settle } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'
import { audience, forged, issuer } from './tokens.ts'

let on: GatewayTestEnvironment
let redis: OwnRedis
let inspector: Redis
let gateways: Gateway[]
beforeAll(async () => {
  on = await gatewayTestEnvironment()
  redis = await ownRedis()
  inspector = new Redis(redis.url)
  inspector.on('error', () => undefined)
  const env = { REDIS_URL: redis.url, REDIS_TIMEOUT_SECONDS: '10', ORDERPIPELINE_PIPELINE: 'cached' }
  gateways = [await on.start(env), await on.start(env)]
})
afterAll(async () => {
  inspector.disconnect()
  await on.close()
  await redis.close()
})

interface Shown {
  readonly orderId: string
  readonly status: string
  readonly timeline: readonly { readonly event: string }[]
}
const body = { customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 2 }] }
function first() {
  return gateways[0] ?? expect.fail('a gateway')
}
function second() {
  return gateways[1] ?? expect.fail('another gateway')
}
async function place(at = first()) {
  return (await ask<{ orderId: string }>(`${at.url}/v1/orders`, { body })).body.orderId
}
async function show(orderId: string, at = first()) {
  return (await ask<Shown>(`${at.url}/v1/orders/${orderId}`)).body
}
function last({ status, timeline }: Shown) {
  return [status, timeline.at(-1)?.event]
}
async function lookupCount(result: string, at = first()): Promise<number> {
  const metrics = await (await fetch(`${at.metricsUrl}/metrics`)).text()
  const line = new RegExp(`^gateway_order_cache_total\\{result="${result}"\\} (.*)$`, 'm').exec(metrics)
  return Number(line?.[1] ?? 0)
}
async function isKept(orderId: string) {
  return (await inspector.exists(`cached:order:${orderId}`)) === 1
}

/** What the stages write of an order that is shipped, in the order in which it usually happens. */
const way = [
  ['OrderValidated', 'PROCESSING'],
  ['StockReserved'],
  ['PaymentCaptured'],
  ['OrderConfirmed', 'CONFIRMED'],
  ['ShipmentPrepared'],
  ['OrderShipped', 'SHIPPED'],
] as const
function go(orderId: string, [event, status]: readonly [string, string?]) {
  return settle(on.database, orderId, event, status)
}
async function shipOrder(): Promise<string> {
  const orderId = await place()
  for (const step of way) await go(orderId, step)
  return orderId
}

test('reads a final order once and serves it from Redis on every gateway', async () => {
  const orderId = await shipOrder()
  await until(async () => (await show(orderId)).status === 'SHIPPED' && (await isKept(orderId)))
  const before = [await lookupCount('hit'), await lookupCount('miss'), await lookupCount('hit', second())]
  const view = await show(orderId)
  expect(last(view)).toEqual(['SHIPPED', 'OrderShipped'])
  expect(await show(orderId, second())).toEqual(view)
  const after = [await lookupCount('hit'), await lookupCount('miss'), await lookupCount('hit', second())]
  expect(after).toEqual([(before[0] ?? 0) + 1, before[1], (before[2] ?? 0) + 1])
  // Answered without the database: its present content is not the answer.
  await on.database.ask('orders', `UPDATE orders SET currency = 'CHF' WHERE order_id = $1`, [orderId])
  expect(await show(orderId)).toEqual(view)
})

test('shows each step of an order in progress at once and caches none', async () => {
  const orderId = await place()
  for (const step of way) {
    expect(await isKept(orderId)).toBe(false)
    await go(orderId, step)
    for (const at of gateways) expect((await show(orderId, at)).timeline.at(-1)?.event).toBe(step[0])
  }
  await until(() => isKept(orderId))
})

test('does not cache an ended order while more may happen to it', async () => {
  const late = await place()
  for (const step of way) if (step[0] !== 'StockReserved') await go(late, step)
  expect(last(await show(late))).toEqual(['SHIPPED', 'OrderShipped'])
  const calledBack = await place()
  await settle(on.database, calledBack, 'OrderCancelled', 'CANCELLED', 'CUSTOMER')
  expect(last(await show(calledBack))).toEqual(['CANCELLED', 'OrderCancelled'])
  // By now, what would have been kept is.
  const final = await shipOrder()
  await until(async () => (await show(final)).status === 'SHIPPED' && (await isKept(final)))
  expect([await isKept(late), await isKept(calledBack)]).toEqual([false, false])

  await go(late, ['StockReserved'])
  expect(last(await show(late))).toEqual(['SHIPPED', 'StockReserved'])
  await settle(on.database, calledBack, 'PaymentRefunded', undefined, 'CUSTOMER')
  expect(last(await show(calledBack))).toEqual(['CANCELLED', 'PaymentRefunded'])
  await until(() => isKept(late))
})

test('checks the owner before it serves an order from Redis', async () => {
  const secret = 'a secret of thirty-two bytes, or more'
  const authenticatedGateway = await on.start({
    REDIS_URL: redis.url,
    REDIS_TIMEOUT_SECONDS: '10',
    ORDERPIPELINE_PIPELINE: 'cached',
    AUTH_ALGORITHMS: 'HS256',
    AUTH_SECRET: secret,
    AUTH_ISSUER: issuer,
    AUTH_AUDIENCE: audience,
  })
  const orderId = await shipOrder()
  const as = async (customer: string) => {
    const authorization = `Bearer ${forged({ alg: 'HS256', typ: 'JWT' }, customer, secret)}`
    return (await ask(`${authenticatedGateway.url}/v1/orders/${orderId}`, { headers: { authorization } })).status
  }
  await until(async () => (await as('customer-1')) === 200 && (await isKept(orderId)))
  const hits = await lookupCount('hit', authenticatedGateway)
  expect([await as('customer-1'), await as('customer-2'), await as('customer-1')]).toEqual([200, 404, 200])
  expect(await lookupCount('hit', authenticatedGateway)).toBe(hits + 3)
  expect((await ask(`${authenticatedGateway.url}/v1/orders/${orderId}`)).status).toBe(401)
})

test('ignores foreign data in Redis', async () => {
  const orderId = await shipOrder()
  for (const junk of ['no JSON', '{"status":"SHIPPED"}']) {
    await inspector.set(`cached:order:${orderId}`, junk)
    expect(last(await show(orderId))).toEqual(['SHIPPED', 'OrderShipped'])
  }
})

test('answers without a slow Redis and uses it again later', async () => {
  const impatient = await on.start({
    REDIS_URL: redis.url,
    REDIS_TIMEOUT_SECONDS: '0.2',
    ORDERPIPELINE_PIPELINE: 'cached',
  })
  const orderId = await shipOrder()
  await until(async () => (await show(orderId, impatient)).status === 'SHIPPED' && (await isKept(orderId)))
  const [hits, away] = [await lookupCount('hit', impatient), await lookupCount('away', impatient)]
  await until(async () => {
    await inspector.call('CLIENT', 'PAUSE', '2000', 'ALL')
    for (let n = 0; n < 3; n++) expect(last(await show(orderId, impatient))).toEqual(['SHIPPED', 'OrderShipped'])
    // Not where the machine stood still for as long as Redis.
    return (await lookupCount('away', impatient)) > away
  })
  await until(
    async () => (await show(orderId, impatient)).status === 'SHIPPED' && (await lookupCount('hit', impatient)) > hits,
  )
})

test('no caller sees an older state while Redis fails and comes back', async () => {
  const orders = await Promise.all(Array.from({ length: 5 }, () => place()))
  let going = true
  const reading = orders.map(async (orderId) => {
    let seenCount = 0
    for (let n = 0; going; n++) {
      const { timeline } = await show(orderId, gateways[n % 2] ?? first())
      expect(timeline.length).toBeGreaterThanOrEqual(seenCount)
      seenCount = timeline.length
    }
    return seenCount
  })
  const advance = (step: (typeof way)[number]) => Promise.all(orders.map((orderId) => go(orderId, step)))
  for (const step of way.slice(0, 3)) await advance(step)
  await redis.kill()
  for (const step of way.slice(3)) await advance(step)
  await show(await shipOrder())
  await redis.start()
  await until(async () =>
    (await Promise.all(orders.map(isKept).map((check) => check.catch(() => false)))).every(Boolean),
  )
  const hits = await lookupCount('hit')
  await until(async () => (await lookupCount('hit')) > hits)
  going = false
  expect(await Promise.all(reading)).toEqual(orders.map(() => way.length + 1))
})

test('serves orders from the database without Redis', async () => {
  const none = await on.start()
  expect(last(await show(await shipOrder(), none))).toEqual(['SHIPPED', 'OrderShipped'])
})
