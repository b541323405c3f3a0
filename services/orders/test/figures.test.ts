// Do the orders' metrics match the database, and how long orders took?
import { randomUUIDv7 } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { placedEvent, stageBench, testDatabase, testOrder, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { ordersStage } from '../src/index.ts'
import { countingTask } from '../src/stage/metrics.ts'

let database: TestDatabase
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 10 })
  const topics = ['orders.placed', 'orders.validated', 'orders.cancelled', 'orders.status', 'orders.dead-letters']
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
})
afterAll(async () => {
  await bench.close()
  await database.drop()
})

function surroundings() {
  return {
    database: database.as('orders'),
    publish: () => Promise.resolve(),
    keyedByOrder: () => false,
    stopping: new AbortController().signal,
  }
}
function countingIsDue() {
  return database.ask('orders', `UPDATE sweeps SET due_at = now() WHERE name = 'counting'`)
}

test('counts orders in progress by status, and times each end once', async () => {
  const orders = ['SKU-0001', 'SKU-0002', 'SKU-9999'].map((sku, n) => ({
    ...testOrder(n, { [sku]: 1 }),
    orderId: randomUUIDv7(),
  }))
  await database.ask(
    'orders',
    `INSERT INTO orders (order_id, customer_id, currency) SELECT *, 'EUR' FROM unnest($1::uuid[], $2::text[])`,
    [orders.map(({ orderId }) => orderId), orders.map(({ customerId }) => customerId)],
  )
  const registry = createRegistry()
  const figures = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('orders_'))
  const counting = countingTask(registry)
  const count = () => counting.run(surroundings())
  await countingIsDue()
  await count()
  expect(await figures()).toContain('orders_active{status="PLACED"} 3')

  const stageRegistry = createRegistry()
  const replica = bench.start(
    'orders',
    ['orders.placed'],
    ordersStage({ now: () => new Date(), registry: stageRegistry }),
  )
  const events = orders.map(placedEvent)
  await bench.publish([...events, ...events])
  await until(async () => (await bench.lag('orders', 'orders.placed')) === 0)
  await replica.drain()
  await countingIsDue()
  await count()
  expect(await figures()).toEqual(
    expect.arrayContaining([
      'orders_active{status="PLACED"} 0',
      'orders_active{status="PROCESSING"} 2',
      'orders_active{status="CONFIRMED"} 0',
    ]),
  )
  expect(await stageRegistry.metrics()).toContain('orders_processing_seconds_count{status="CANCELLED"} 1')
  const stageFigures = await replica.registry.metrics()
  expect(stageFigures).toMatch(/orderpipeline_stage_fetch_seconds_count [1-9]/)
  expect(stageFigures).toMatch(/orderpipeline_database_query_seconds_count\{statement="inbox.take-in"\} [1-9]/)
  expect(stageFigures).toMatch(/orderpipeline_database_connections\{pool="primary",state="busy"\} \d/)
})

test('a new replica uses the count that another one has just made', async () => {
  const [first, second] = [createRegistry(), createRegistry()]
  const [counting, later] = [countingTask(first), countingTask(second)]
  await countingIsDue()
  await counting.run(surroundings())
  await database.ask('orders', `INSERT INTO orders (order_id, customer_id, currency) VALUES ($1, 'c', 'EUR')`, [
    randomUUIDv7(),
  ])
  await later.run(surroundings())
  const activeOf = async (registry: typeof first) =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith('orders_active{'))
  expect(await activeOf(second)).toEqual(await activeOf(first))
  await countingIsDue()
  await later.run(surroundings())
  expect(await activeOf(second)).not.toEqual(await activeOf(first))
})

test('times an order that its deadline cancels like any other', async () => {
  const orderId = randomUUIDv7()
  await database.ask(
    'orders',
    `INSERT INTO orders (order_id, customer_id, currency, updated_at) VALUES ($1, 'c', 'EUR', now() - interval '1 day')`,
    [orderId],
  )
  const registry = createRegistry()
  const deadlines = { placedSeconds: 3_600, processingSeconds: 3_600, confirmedSeconds: 3_600, stalledSeconds: 0 }
  const stage = ordersStage({ now: () => new Date(), registry }, { deadlines, everySeconds: 0.05 })
  const replica = bench.start('deadlines', ['orders.placed'], stage)
  await until(async () => (await registry.metrics()).includes('orders_processing_seconds_count{status="CANCELLED"} 1'))
  const [order] = await database.ask('orders', 'SELECT status, reason FROM orders WHERE order_id = $1', [orderId])
  expect(order).toEqual({ status: 'CANCELLED', reason: 'DEADLINE' })
  await replica.drain()
})
