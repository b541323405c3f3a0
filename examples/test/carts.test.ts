// Is a customer reminded once of a cart that they have left, never of one that they have ordered,
// and recommended what they may want, whatever happens to the stage?
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { kafkaBootstrap, freePort, postgresUrl } from '@orderpipeline/cluster/testing'
import { eventOf } from '@orderpipeline/order-events'
import { stageBench, testDatabase, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { migrate } from '../carts/src/migrate.ts'
import { createStore } from '../carts/src/store.ts'
import { endAll, examples, failedStart, start } from './test-environment.ts'
import type { RunningStage, Stage } from './test-environment.ts'

const token = 't'.repeat(32)
const stage: Stage = {
  name: 'carts',
  consumes: ['shop.browsing', 'orders.placed', 'products.recommended'],
  emits: 'carts.abandoned',
  command: [process.execPath, join(examples, 'carts', 'src', 'main.ts')],
  env: { CARTS_TOKEN: token, CARTS_LEFT_SECONDS: '2', CARTS_LOOK_SECONDS: '0.1' },
}

vi.setConfig({ testTimeout: 300_000 }) // the group waits for a killed member, until its session is over

let database: TestDatabase
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 0 })
  const administrator = new URL(postgresUrl())
  administrator.pathname = new URL(database.url).pathname
  const urls = { DATABASE_URL: administrator.href, SERVICES_DATABASE_URL: database.url }
  await migrate(urls)
  await migrate(urls)
  const topics = [...stage.consumes, stage.emits, 'carts.dead-letters']
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
})
afterEach(endAll)
afterAll(async () => {
  await bench.close()
  await database.drop()
})

test('deletes old views, however many there are', async () => {
  const store = createStore({
    ...{ url: database.url, poolSize: 2, leftSeconds: 1, leftMaxSeconds: 2, keepDays: 90 },
    onIdleError: () => undefined,
  })
  try {
    await database.ask(
      'carts',
      `INSERT INTO views (customer_id, sku, viewed_at)
       SELECT 'c' || n, 'SKU-0001', now() - interval '91 days' FROM generate_series(1, 5001) AS n`,
    )
    expect([await store.prune(), await store.prune()]).toEqual([true, false])
    expect(await database.ask('carts', 'SELECT FROM views')).toEqual([])
  } finally {
    await store.close()
  }
})

let port = 0
async function run(): Promise<RunningStage> {
  port = await freePort()
  const emits = ['shop.browsing', stage.emits].map((topic) => bench.prefix + topic).join(',')
  return start(bench, stage, { DATABASE_URL: database.url, KAFKA_EMIT_TOPICS: emits, CARTS_PORT: String(port) })
}
async function report(method: string, path: string, body?: object) {
  const answer = await fetch(`http://127.0.0.1:${port}/customers/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(30_000),
  })
  return { status: answer.status, body: (await answer.json()) as { skus?: string[] } }
}
function putCart(customer: string, ...skus: string[]) {
  return report('PUT', `${customer}/cart`, { items: skus.map((sku) => ({ sku, quantity: 1 })) })
}
async function eventsOf(customerId: string) {
  return (await bench.events(stage.emits)).filter(({ data }) => data.customerId === customerId)
}
async function order(customerId: string): Promise<void> {
  const data = { orderId: randomUUID(), customerId, items: [{ sku: 'TEA', quantity: 1 }], currency: 'EUR' }
  await bench.publish([eventOf('OrderPlaced', data, { source: '/test', now: new Date() })])
}

test('reminds once of a cart that was left, and takes it back when the order comes', async () => {
  let replica = await run()
  expect((await putCart('ada', 'TEA')).status).toBe(202)
  await putCart('bob', 'TEA')
  await order('bob')
  await until(async () => (await eventsOf('ada')).length > 0)
  await replica.end('SIGKILL')
  replica = await run()
  await putCart('ada', 'TEA', 'CUP')
  await order('ada')
  await until(async () => (await eventsOf('ada')).some(({ type }) => type === 'CartClosed'))
  await putCart('ada', 'POT')
  await until(async () => new Set((await eventsOf('ada')).map(({ id }) => id)).size === 3)
  const types = new Map((await eventsOf('ada')).map(({ id, type }) => [id, type]))
  expect([...types.values()]).toEqual(['CartAbandoned', 'CartClosed', 'CartAbandoned'])
  // Bob's order may come before the cart or after it; the later one counts.
  expect(await eventsOf('bob')).toEqual([])
  expect(await bench.records('carts.dead-letters')).toEqual([])
  expect(await replica.end()).toBe(0)
})

test('recommends what others bought, then what the customer has looked at', async () => {
  const replica = await run()
  for (const sku of ['HAT', 'CUP']) await report('POST', 'eve/views', { sku })
  const data = { orderId: randomUUID(), customerId: 'eve', skus: ['POT', 'CUP'] }
  await bench.publish([eventOf('ProductsRecommended', data, { source: '/test', now: new Date() })])
  const suggestions = async () => (await report('GET', 'eve/recommendations?limit=3')).body.skus ?? []
  await until(async () => (await suggestions()).length === 3)
  expect(await suggestions()).toEqual(['POT', 'CUP', 'HAT'])
  expect((await report('GET', 'nobody/recommendations')).body).toEqual({ skus: [] })
  expect(await replica.end()).toBe(0)
})

test('makes unreadable messages dead letters and goes on', async () => {
  const replica = await run()
  await bench.publishRaw([{ topic: 'shop.browsing', key: 'ada', value: 'no JSON', headers: { mine: 'kept' } }])
  await until(async () => (await bench.records('carts.dead-letters')).length > 0)
  const [deadLetter] = await bench.records('carts.dead-letters')
  expect(deadLetter?.headers).toMatchObject({ mine: 'kept', 'dead-letter-reason': 'NotJson' })
  expect(await replica.end()).toBe(0)
})

test('names every variable of a wrong environment and shows no value', async () => {
  const { code, output } = await failedStart(stage, { METRICS_PORT: 'none', DATABASE_URL: 'secret' })
  expect(code).toBe(1)
  for (const name of ['METRICS_PORT', 'DATABASE_URL', 'KAFKA_BOOTSTRAP_SERVERS', 'CARTS_TOKEN'])
    expect(output).toMatch(new RegExp(`^${name}: `, 'm'))
  expect(output).not.toContain('secret')
})
