// Does the gateway take orders, show them, and say what is wrong, over HTTP?
import { randomUUID } from 'node:crypto'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { stageBench, testDatabase, testLogger, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gatewayConfig, startGateway } from '../src/index.ts'
import type { Gateway } from '../src/index.ts'

let database: TestDatabase
let bench: Bench
let gateway: Gateway
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: ['orders.placed'],
  })
  const config = gatewayConfig({
    AUTH: 'none',
    HTTP_PORT: '0',
    METRICS_PORT: '0',
    DATABASE_URL: database.url,
    KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap(),
    KAFKA_TOPIC_PREFIX: bench.prefix,
    RELAY_TAKE_OVER_SECONDS: '0.1',
    DRAIN_LINGER_SECONDS: '0',
  })
  gateway = await startGateway(config, testLogger())
})
afterAll(async () => {
  for (const closer of gateway.closers) await closer.close()
  await bench.close()
  await database.drop()
})

interface Body {
  readonly orderId: string
  readonly trackingUrl: string
  readonly problems: { readonly path: string; readonly found: string; readonly allowed: string }[]
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Body }
}
const order = { customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 2 }] }

test('accepts an order whose event reaches Kafka with the correlation id', async () => {
  const answer = await post('/v1/orders', order, { 'x-request-id': 'follow-me' })
  expect(answer.status).toBe(202)
  const { orderId, trackingUrl } = answer.body
  expect(answer.body).toMatchObject({
    orderId,
    status: 'PLACED',
    trackingUrl: `/v1/orders/${orderId}`,
    progress: { done: 1, of: 5 },
  })
  expect(answer.headers.get('location')).toBe(trackingUrl)
  expect(answer.headers.get('x-request-id')).toBe('follow-me')
  const view = await fetch(`${gateway.url}${trackingUrl}`)
  expect(await view.json()).toMatchObject({ ...order, orderId, currency: 'EUR', status: 'PLACED' })
  await until(async () => (await bench.events('orders.placed')).some(({ data }) => data.orderId === orderId))
  const event = (await bench.events('orders.placed')).find(({ data }) => data.orderId === orderId)
  expect(event).toMatchObject({ type: 'OrderPlaced', correlationId: 'follow-me' })
})

test('repeats the first answer for a key, and answers 422 for another order', async () => {
  const key = { 'idempotency-key': randomUUID() }
  const first = await post('/orders', order, key)
  const second = await post('/v1/orders', { ...order, currency: 'EUR' }, key)
  expect(second.body).toEqual(first.body)
  expect([first, second].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true'])
  const conflict = await post('/v1/orders', { ...order, currency: 'USD' }, key)
  expect(conflict.status).toBe(422)
  expect((await post('/v1/orders', order, { 'idempotency-key': 'two words' })).status).toBe(400)
})

test('lists every wrong field', async () => {
  const wrong = { items: [{ sku: 'sku', quantity: 0 }], colour: 'red' }
  const { status, body } = await post('/v1/orders', wrong)
  expect(status).toBe(400)
  expect(body.problems).toEqual([
    { path: 'customerId', found: 'nothing', allowed: 'a string' },
    {
      path: 'items[0].sku',
      found: '"sku"',
      allowed: '1 to 40 capital letters, digits or dashes, such as SKU-0001',
    },
    { path: 'items[0].quantity', found: '0', allowed: 'at least 1' },
    { path: 'colour', found: '"red"', allowed: 'no such field' },
  ])
})

test('refuses a SKU that an order names twice, with the line', async () => {
  const lines = ['SKU-0001', 'SKU-0002', 'SKU-0001'].map((sku) => ({ sku, quantity: 1 }))
  const { status, body } = await post('/v1/orders', { ...order, items: lines })
  expect(status).toBe(400)
  expect(body.problems).toEqual([
    { path: 'items[2].sku', found: '"SKU-0001"', allowed: 'each SKU once; add the quantities up' },
  ])
})

test('reads many orders in one request and leaves out unknown ones', async () => {
  const answers = await Promise.all([post('/v1/orders', order), post('/v1/orders', order)])
  const ids = answers.map(({ body }) => body.orderId)
  const answer = await post('/v1/orders/status', { ids: [...ids, randomUUID()] })
  const { orders } = answer.body as unknown as { orders: { orderId: string; status: string; terminalStates: number }[] }
  expect(orders.map(({ orderId }) => orderId).sort()).toEqual([...ids].sort())
  expect(orders[0]).toMatchObject({ status: 'PLACED', terminalStates: 0 })
})

test('answers 404 for unknown, 400 for malformed and 413 for large requests', async () => {
  expect((await fetch(`${gateway.url}/v1/orders/${randomUUID()}`)).status).toBe(404)
  expect((await fetch(`${gateway.url}/v1/orders/7`)).status).toBe(400)
  expect((await fetch(`${gateway.url}/v2/orders`)).status).toBe(404)
  expect((await post('/v1/orders', { ...order, customerId: 'x'.repeat(70_000) })).status).toBe(413)
})

test('serves health, readiness and metrics on their own port', async () => {
  const get = async (path: string) => (await fetch(`${gateway.metricsUrl}${path}`)).text()
  expect(await get('/healthz')).toBe('ok\n')
  expect(await get('/readyz')).toBe('ok\n')
  const metrics = await get('/metrics')
  for (const name of ['orders_created_total', 'outbox_lag_rows', 'outbox_published_total', 'nodejs_eventloop_lag_p99'])
    expect(metrics).toContain(name)
  expect(metrics).toContain('orderpipeline_database_query_seconds_count{statement="orders.select-unpublished"}')
  expect(metrics).toContain('http_requests_total{method="POST",route="/v1/orders",status="202"}')
})

test('times an order that its customer cancels once, as cancelled', async () => {
  const { body } = await post('/v1/orders', order)
  for (let n = 0; n < 2; n++)
    expect((await fetch(`${gateway.url}/v1/orders/${body.orderId}`, { method: 'DELETE' })).status).toBe(200)
  const metrics = await (await fetch(`${gateway.metricsUrl}/metrics`)).text()
  expect(metrics).toContain('orders_processing_seconds_count{status="CANCELLED"} 1')
})
