// Does a customer at the gateway get what the services behind it decide: the outcome, every step,
// and a cancelled order?
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { gatewayConfig, startGateway } from '@orderpipeline/gateway'
import type { Gateway } from '@orderpipeline/gateway'
import { shopStages, shopTopics, stageBench, testDatabase, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { createProvider } from '@orderpipeline/payment'
import { providerConfig, startPaymentProvider } from '@orderpipeline/payment-provider'
import type { PaymentProvider } from '@orderpipeline/payment-provider'
import { startShopStages } from '../src/shop-definitions.ts'

/** The stages that decide about an order; no customer is notified here. */
const stages = shopStages.filter((stage) => stage !== 'notification')
const stock = 1_000

let database: TestDatabase
let provider: PaymentProvider
let bench: Bench
let gateway: Gateway
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 5, seedStockQuantity: stock })
  bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: [...shopTopics, ...stages.map((stage) => `${stage}.dead-letters`)],
  })
  const ports = { HTTP_PORT: '0', METRICS_PORT: '0', DATABASE_URL: database.url }
  provider = await startPaymentProvider(providerConfig({ ...ports, PROVIDER_LATENCY_MS: '30' }), silentLogger())
  gateway = await startGateway(
    gatewayConfig({
      ...ports,
      AUTH: 'none',
      KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap(),
      KAFKA_TOPIC_PREFIX: bench.prefix,
      KAFKA_GROUP_PREFIX: bench.prefix,
      QUEUES_CACHE_SECONDS: '0.2',
      SYNC_MAX_WAIT_SECONDS: '25',
      DRAIN_LINGER_SECONDS: '0',
    }),
    silentLogger(),
  )
  const charge = createProvider({ url: provider.url, timeoutMs: 5_000 })
  startShopStages(bench, { provider: charge }, undefined, stages)
})
afterAll(async () => {
  for (const closer of gateway.closers) await closer.close()
  await bench.close()
  for (const closer of provider.closers) await closer.close()
  await database.drop()
})

interface Order {
  readonly orderId: string
  readonly status: string
  readonly reason?: string
  readonly state?: string
}
async function ask(
  path: string,
  method = 'GET',
  body?: unknown,
): Promise<{ readonly status: number; readonly body: Order }> {
  const response = await fetch(`${gateway.url}/v1${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Order }
}
function order(sku: string) {
  return { customerId: 'customer-1', items: [{ sku, quantity: 1 }] }
}

test('answers a synchronous order with its outcome: paid, or the reason why not', async () => {
  const result = await ask('/orders/sync', 'POST', order('SKU-0001'))
  expect(result.status).toBe(200)
  expect(['CONFIRMED', 'SHIPPED']).toContain(result.body.status) // it may have shipped before it was read
})

test('refuses a product not sold in the currency at once, with its line', async () => {
  for (const body of [order('SKU-9999'), { ...order('SKU-0001'), currency: 'JPY' }])
    expect(await ask('/orders/sync', 'POST', body)).toMatchObject({
      status: 422,
      body: { problems: [{ path: 'items[0].sku' }] },
    })
})

test('streams every step of an order up to its shipment', async () => {
  const { body } = await ask('/orders', 'POST', order('SKU-0001'))
  const stream = await fetch(`${gateway.url}/v1/orders/${body.orderId}/events`)
  const steps = [...(await stream.text()).matchAll(/^data: (.*)$/gm)].map(
    ([, data]) => (JSON.parse(data ?? '') as { event: string }).event,
  )
  expect([...steps].sort()).toEqual([
    'OrderConfirmed',
    'OrderPlaced',
    'OrderShipped',
    'OrderValidated',
    'PaymentCaptured',
    'ShipmentPrepared',
    'StockReserved',
  ])
  expect([steps[0], steps.at(-1)]).toEqual(['OrderPlaced', 'OrderShipped'])
  expect((await ask(`/orders/${body.orderId}`, 'DELETE')).body).toMatchObject({ status: 409, state: 'SHIPPED' })
})

test('a cancellation at any moment gets a true answer, and the stock adds up', async () => {
  const count = 60
  const placements = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const { body } = await ask('/orders', 'POST', order('SKU-0002'))
      await sleep(n * 15)
      return { orderId: body.orderId, answer: await ask(`/orders/${body.orderId}`, 'DELETE') }
    }),
  )
  const endOf = async (orderId: string) => (await ask(`/orders/${orderId}`)).body
  for (const { orderId, answer } of placements) {
    expect([200, 409]).toContain(answer.status)
    await until(async () => ['SHIPPED', 'CANCELLED'].includes((await endOf(orderId)).status))
    const { status, reason } = await endOf(orderId)
    expect([status, reason]).toEqual(answer.status === 200 ? ['CANCELLED', 'CUSTOMER'] : ['SHIPPED', undefined])
  }
  const shipped = placements.filter(({ answer }) => answer.status === 409).length
  const stockRow = async () =>
    (await database.ask<{ available: number }>('inventory', `SELECT available FROM stock WHERE sku = 'SKU-0002'`))[0]
  await until(async () => (await stockRow())?.available === stock - shipped)
})

test('after all orders have ended every stage moves and has no backlog', async () => {
  const health = async () => {
    const response = await fetch(`${gateway.url}/health/queues`)
    return (await response.json()) as { status: string; queues: { name: string; lag: number }[] }
  }
  await until(async () => (await health()).queues.every(({ lag }) => lag === 0))
  const { status, queues } = await health()
  expect([status, ...queues.map(({ name }) => name)]).toEqual(['moving', 'intake', ...[...stages].sort()])
})
