// Does a gateway name the dependency that does not answer it, and do caches get what they need to
// show products without asking for them in full?
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { ownRedis } from '@orderpipeline/test-support/own-redis'
import type { OwnRedis } from '@orderpipeline/test-support/own-redis'
import { startFaultyLink } from '@orderpipeline/test-support/faulty-link'
import type { FaultyLink } from '@orderpipeline/test-support/faulty-link'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ask, gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'

interface Health {
  readonly status: string
  readonly dependencies: readonly { readonly name: string; readonly status: string; readonly required: boolean }[]
}

let on: GatewayTestEnvironment
let redis: OwnRedis
let links: Readonly<Record<'database' | 'kafka' | 'redis', FaultyLink>>
let gateway: Gateway
function linkTo(host: string, port: string) {
  return startFaultyLink({ host, port: Number(port) })
}
beforeAll(async () => {
  on = await gatewayTestEnvironment()
  redis = await ownRedis()
  const database = new URL(on.database.url)
  const [kafkaHost = '', kafkaPort = ''] = kafkaBootstrap().split(':')
  links = {
    database: await linkTo(database.hostname, database.port),
    kafka: await linkTo(kafkaHost, kafkaPort),
    redis: await linkTo('127.0.0.1', new URL(redis.url).port),
  }
  database.host = `127.0.0.1:${links.database.port}`
  gateway = await on.start({
    DATABASE_URL: database.href,
    KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${links.kafka.port}`,
    REDIS_URL: `redis://127.0.0.1:${links.redis.port}`,
    REDIS_TIMEOUT_SECONDS: '1',
    QUEUES_CACHE_SECONDS: '0.1',
  })
})
afterAll(async () => {
  for (const link of Object.values(links)) await link.restore()
  await on.close()
  for (const link of Object.values(links)) await link.close()
  await redis.close()
})

function health(query = '') {
  return ask<Health>(`${gateway.url}/health${query}`)
}
async function statuses() {
  const { body } = await health()
  return { all: body.status, ...Object.fromEntries(body.dependencies.map(({ name, status }) => [name, status])) }
}
const allUp = { all: 'up', database: 'up', kafka: 'up', redis: 'up' }

/** Fails with the last state seen. */
async function eventually(expected: Record<string, string>): Promise<void> {
  await expect.poll(statuses, { timeout: 60_000, interval: 200 }).toEqual(expected)
}

test('health names each dependency and its state', async () => {
  await eventually(allUp)
  expect((await health()).headers.get('cache-control')).toBe('no-store')
  await links.redis.down()
  await eventually({ ...allUp, all: 'degraded', redis: 'down' })
  await links.kafka.down()
  await eventually({ ...allUp, all: 'degraded', redis: 'down', kafka: 'down' })
  expect((await health('?strict')).status).toBe(200)
  await links.redis.restore()
  await links.kafka.restore()
  await eventually(allUp)
  links.database.hang()
  await eventually({ ...allUp, all: 'down', database: 'down' })
  const strict = await health('?strict')
  expect([strict.status, strict.headers.get('retry-after')]).toEqual([503, '5'])
  expect((await health()).status).toBe(200)
  await links.database.restore()
  await eventually(allUp)
})

test('answers a cached product with 304 until the product changes', async () => {
  const own = await on.start({ PRODUCTS_MAX_AGE_SECONDS: '0' })
  const path = `${own.url}/v1/products/SKU-0001`
  const first = await ask(path)
  const etag = first.headers.get('etag') ?? ''
  expect(first.headers.get('cache-control')).toBe('public, no-cache')
  const again = await ask(path, { headers: { 'if-none-match': etag } })
  expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag])
  await on.database.ask('orders', `UPDATE products SET price_cents = price_cents + 1 WHERE sku = 'SKU-0001'`)
  const changed = await ask(path, { headers: { 'if-none-match': etag } })
  expect(changed.status).toBe(200)
  expect(changed.headers.get('etag')).not.toBe(etag)
})

test('a page of products may be cached for the configured time, and an order never', async () => {
  const own = await on.start({ PRODUCTS_MAX_AGE_SECONDS: '60' })
  const page = await ask(`${own.url}/v1/products?limit=2`)
  expect(page.headers.get('cache-control')).toBe('public, max-age=60')
  const headers = { 'if-none-match': `"other", ${page.headers.get('etag') ?? ''}` }
  expect((await ask(`${own.url}/v1/products?limit=2`, { headers })).status).toBe(304)
  const { body } = await ask<{ orderId: string }>(`${own.url}/v1/orders`, { body: order })
  const orderAnswer = await ask(`${own.url}/v1/orders/${body.orderId}`)
  expect(orderAnswer.headers.get('cache-control')).toBe('no-store')
  expect((await ask(`${own.url}/v1/orders?customer=customer-1`)).headers.get('cache-control')).toBe('no-store')
})

const order = { customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 1 }] }

test('accepts an order at /orders/async as at /orders, with the same keys', async () => {
  const own = await on.start()
  const headers = { 'idempotency-key': 'one-order' }
  const first = await ask<{ orderId: string }>(`${own.url}/v1/orders`, { body: order, headers })
  const again = await ask<{ orderId: string }>(`${own.url}/v1/orders/async`, { body: order, headers })
  expect([first.status, again.status]).toEqual([202, 202])
  expect(again.body.orderId).toBe(first.body.orderId)
  expect((await ask(`${own.url}/orders/async`, { body: order })).status).toBe(202)
})
