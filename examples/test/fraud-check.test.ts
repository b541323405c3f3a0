// Does the fraud check suspect what it should, once, whatever happens to it, its database and its
// messages?
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { stageBench, testDatabase, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { decode, encode, eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { migrate } from '../fraud-check/src/migrate.ts'
import { createStore } from '../fraud-check/src/store.ts'
import { sightingOf } from '../fraud-check/src/events.ts'
import { coalescingLink } from './coalescing-link.ts'
import { endAll, examples, failedStart, secured, start } from './test-environment.ts'
import type { RunningStage, Stage } from './test-environment.ts'

const limits = { totalCents: 10_000, orders: 3, declines: 2 }
const stage: Stage = {
  name: 'fraud-check',
  consumes: ['orders.validated', 'payment.processed'],
  emits: 'orders.suspected',
  command: [process.execPath, join(examples, 'fraud-check', 'src', 'main.ts')],
  env: {
    FRAUD_MAX_TOTAL_CENTS: String(limits.totalCents),
    FRAUD_MAX_ORDERS: String(limits.orders),
    FRAUD_MAX_DECLINES: String(limits.declines),
  },
}

vi.setConfig({ testTimeout: 300_000 }) // the group waits for a killed member, until its session is over

let database: TestDatabase
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  const administrator = new URL(postgresUrl())
  administrator.pathname = new URL(database.url).pathname
  const urls = { DATABASE_URL: administrator.href, SERVICES_DATABASE_URL: database.url }
  await migrate(urls)
  await migrate(urls)
  const ofHolds = ['inventory.updated', 'orders.holds', 'payment.cleared', 'gate.dead-letters']
  const topics = [...stage.consumes, stage.emits, 'fraud-check.dead-letters', ...ofHolds]
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
})
afterEach(endAll)
afterAll(async () => {
  await bench.close()
  await database.drop()
})

function run(env: Record<string, string> = {}) {
  return start(bench, stage, { DATABASE_URL: database.url, ...env })
}
let seconds = Math.floor(Date.now() / 1_000) - 1_800
/** One event a second. */
function context() {
  return { source: '/test', now: new Date(seconds++ * 1_000), correlationId: 'follow-me' }
}
function order(customerId: string, totalCents = 100) {
  const items = [{ sku: 'SKU-0001', quantity: 1, unitPriceCents: totalCents }]
  return eventOf('OrderValidated', { orderId: randomUUID(), customerId, items, totalCents, currency: 'EUR' }, context())
}
function declined(customerId: string) {
  const data = { orderId: randomUUID(), customerId, totalCents: 1, currency: 'EUR', declineReason: 'no' }
  return eventOf('PaymentDeclined', data, context())
}
function drained(by: RunningStage) {
  return untilRead(by, stage)
}
function untilRead(by: RunningStage, { name, consumes }: Stage) {
  return until(async () => {
    by.assertRunning()
    const lags = await Promise.all(consumes.map((topic) => bench.lag(name, topic)))
    return lags.every((lag) => lag === 0)
  })
}

interface Suspected {
  readonly id: string
  readonly type: string
  readonly correlationid?: string
  readonly data: { readonly orderId: string; readonly customerId: string; readonly reasons: readonly string[] }
}
async function suspected(customerId: string) {
  const records = await bench.records(stage.emits)
  const allSuspicions = records.map(({ key, value }) => ({
    key: String(key),
    event: JSON.parse(String(value)) as Suspected,
  }))
  return allSuspicions.filter(({ event }) => event.data.customerId === customerId)
}
async function reasonsOf(customerId: string) {
  const own = await suspected(customerId)
  return new Map(own.map(({ event }) => [event.data.orderId, event.data.reasons]))
}
async function rowsOf(customers: string) {
  const rows = await database.ask<{ count: number }>(
    'fraud_check',
    'SELECT count(*)::int AS count FROM sightings WHERE customer_id LIKE $1',
    [`${customers}%`],
  )
  return rows[0]?.count
}

test('suspects unusual orders in an event keyed by customer, and no others', async () => {
  const orders = [1, 2, 3, 4, 5].map(() => order('many'))
  const large = order('large', 20_000)
  const declines = [1, 2, 3].map(() => declined('declined'))
  const { value, ...record } = encode(order('many-unknown-fields'))
  const later = { ...(JSON.parse(value) as object), addedLater: { by: 'the next version' } }
  const replica = await run()
  await bench.publish([...orders, large, order('usual'), ...declines])
  await bench.publishRaw([{ ...record, value: JSON.stringify(later) }])
  await drained(replica)
  expect(await reasonsOf('many')).toEqual(new Map(orders.slice(3).map(({ data }) => [data.orderId, ['MANY_ORDERS']])))
  expect(await reasonsOf('declined')).toEqual(new Map([[declines[2]?.data.orderId, ['MANY_DECLINES']]]))
  expect(await suspected('usual')).toEqual([])
  const [suspicion] = await suspected('large')
  expect(suspicion).toMatchObject({
    key: 'large',
    event: {
      specversion: '1.0',
      type: 'com.example.fraud.suspected.v1',
      subject: large.data.orderId,
      correlationid: 'follow-me',
      data: { orderId: large.data.orderId, customerId: 'large', reasons: ['LARGE_ORDER'] },
    },
  })
  expect(await rowsOf('many-unknown')).toBe(1)
  expect((await replica.get('/healthz'))?.status).toBe(200)
  expect((await replica.get('/metrics'))?.text).toContain('fraud_check_suspected_total 4')
  expect(await replica.end()).toBe(0)
})

test('counts a repeat once, and emits after a crash what was not emitted before', async () => {
  const crashed = order('crashed', 30_000)
  const store = createStore({
    url: database.url,
    poolSize: 1,
    windowMinutes: 60,
    limits,
    onIdleError: () => undefined,
  })
  // Its transaction commits, then it ends before it publishes or commits an offset.
  const sighting = sightingOf(Buffer.from(encode(crashed).value))
  const before = await store.judge(sighting ? [sighting] : [], new Date(0))
  await store.close()
  const orders = [1, 2, 3].map(() => order('again'))
  const replica = await run()
  await bench.publish([crashed, ...orders, ...orders, ...orders])
  await drained(replica)
  const [suspicion] = await suspected('crashed')
  expect(suspicion?.event).toEqual(JSON.parse(before[0]?.event ?? ''))
  expect(await suspected('again')).toEqual([])
  expect(await rowsOf('again')).toBe(3)
  await replica.end()
})

test('makes unreadable messages dead letters with position and reason, and goes on', async () => {
  const notForUs = { 'orderpipeline-replay-stage': 'inventory' }
  const large = order('poisoned', 20_000)
  const invalid = { ...(JSON.parse(encode(large).value) as object), data: { orderId: '7' } }
  const replica = await run()
  await bench.publishRaw([
    { topic: 'orders.validated', key: 'poisoned', value: 'no JSON', headers: { mine: 'kept' } },
    { topic: 'orders.validated', key: 'poisoned', value: '{"specversion":"1.0"}', headers: {} },
    { topic: 'orders.validated', key: 'poisoned', value: JSON.stringify(invalid), headers: {} },
    { topic: 'orders.validated', key: 'poisoned', value: 'played again for inventory', headers: notForUs },
  ])
  await bench.publish([large])
  await drained(replica)
  const deadLetters = await bench.records('fraud-check.dead-letters')
  expect(deadLetters.map(({ headers }) => headers['dead-letter-reason'])).toEqual([
    'NotJson',
    'NotACloudEvent',
    'InvalidData',
  ])
  expect(String(deadLetters[0]?.value)).toBe('no JSON')
  expect(deadLetters[0]?.headers).toMatchObject({
    mine: 'kept',
    'dead-letter-stage': 'fraud-check',
    'dead-letter-topic': `${bench.prefix}orders.validated`,
    'dead-letter-attempts': '1',
  })
  expect(await reasonsOf('poisoned')).toEqual(new Map([[large.data.orderId, ['LARGE_ORDER']]]))
  await replica.end()
})

test('replicas lose and double nothing on shutdown, kill or lost connections', async () => {
  const events: OrderEvent[] = Array.from({ length: 600 }, (_, n) => order(`load-${n}`, n % 3 === 0 ? 20_000 : 1))
  const deadLettersBefore = (await bench.records('fraud-check.dead-letters')).length
  const first = await run()
  let thrownOut = 0
  const publishing = (async () => {
    for (let n = 0; n < events.length; n += 20) {
      await bench.publish(events.slice(n, n + 20))
      if (n % 200 === 100) thrownOut += await database.throwOut()
    }
  })()
  await until(async () => {
    first.assertRunning()
    return ((await rowsOf('load-')) ?? 0) > 0
  })
  const second = await run()
  const code = await first.end('SIGTERM')
  expect({ code, said: first.output() }).toEqual({ code: 0, said: expect.stringContaining('drained') as string })
  await second.end('SIGKILL')
  const third = await run()
  await publishing
  await drained(third)
  expect(thrownOut).toBeGreaterThan(0)
  expect(await rowsOf('load-')).toBe(600)
  const records = await bench.records(stage.emits)
  const suspicions = records
    .map(({ value }) => JSON.parse(String(value)) as Suspected)
    .filter(({ data }) => data.customerId.startsWith('load-'))
  const idOf = new Map(suspicions.map(({ id, data }) => [data.orderId, id]))
  expect(idOf.size).toBe(200)
  expect(new Set(suspicions.map(({ id }) => id)).size).toBe(200)
  expect(await bench.records('fraud-check.dead-letters')).toHaveLength(deadLettersBefore)
  await third.end()
})

test('a session that ends with its last answer ends no replica and no order', async () => {
  const link = await coalescingLink(database.url)
  const large = order('joined', 20_000)
  const replica = await run({ DATABASE_URL: link.url })
  link.joinNext(() => database.throwOut())
  await bench.publish([large])
  await drained(replica)
  expect(link.joined()).toBe(1)
  expect(await reasonsOf('joined')).toEqual(new Map([[large.data.orderId, ['LARGE_ORDER']]]))
  expect(await replica.end()).toBe(0)
  link.close()
})

test('passes reservations on as they came, and keeps back those of suspected orders', async () => {
  const gate: Stage = { ...stage, name: 'gate', consumes: ['inventory.updated', 'payment.processed'] }
  const emits = ['orders.holds', 'payment.cleared'].map((topic) => bench.prefix + topic).join(',')
  const runGate = () => start(bench, gate, { DATABASE_URL: database.url, KAFKA_EMIT_TOPICS: emits })
  const reserved = (customerId: string, totalCents = 100) =>
    eventOf('StockReserved', { orderId: randomUUID(), customerId, totalCents, currency: 'EUR' }, context())
  const rejected = eventOf(
    'StockRejected',
    { orderId: randomUUID(), customerId: 'gate', missingSkus: ['SKU-0001'] },
    context(),
  )
  const declines = [1, 2, 3].map(() => declined('gate-declined'))
  const usual = Array.from({ length: 40 }, (_, n) => reserved(`gate-${n % 20}`))
  const large = reserved('gate-large', 20_000)
  const afterDeclines = reserved('gate-declined')
  const first = await runGate()
  await bench.publish(declines)
  await untilRead(first, gate)
  await bench.publish([...usual, large, rejected, afterDeclines])
  await until(async () => (await bench.records('payment.cleared')).length > 0)
  await first.end('SIGKILL')
  const second = await runGate()
  await untilRead(second, gate)
  const cleared = (await bench.records('payment.cleared')).map(
    ({ key, value }) => [String(key), decode(value)] as const,
  )
  const clearedIds = new Set(cleared.map(([, { id }]) => id))
  expect(clearedIds).toEqual(new Set(usual.map(({ id }) => id)))
  for (const [key, event] of cleared)
    expect([key, event]).toEqual([event.data.customerId, usual.find(({ id }) => id === event.id)])
  const holds = (await bench.records('orders.holds')).map(({ value }) => decode(value))
  const reasons = new Map(holds.map(({ data }) => [data.orderId, 'reasons' in data ? data.reasons : []]))
  expect(reasons).toEqual(
    new Map([
      [large.data.orderId, ['LARGE_ORDER']],
      [afterDeclines.data.orderId, ['MANY_DECLINES']],
    ]),
  )
  await second.end()
})

test('holds an order that it only suspected before, and keeps it back for as long as it may be held', async () => {
  const options = { url: database.url, poolSize: 1, windowMinutes: 60, limits, onIdleError: () => undefined }
  const [suspecting, holding] = [createStore(options), createStore({ ...options, holds: true })]
  const data = { orderId: randomUUID(), customerId: 'changed', totalCents: 20_000, currency: 'EUR' }
  const judged = async (by: typeof holding, event: OrderEvent) => {
    const sighting = sightingOf(Buffer.from(encode(event).value))
    const suspicions = await by.judge(sighting ? [sighting] : [], new Date(0))
    return suspicions.map((each) => (JSON.parse(each.event) as { type: string }).type)
  }
  const validated = eventOf('OrderValidated', { ...data, items: [] }, context())
  const reserved = eventOf('StockReserved', data, context())
  const holdRequested = 'dev.orderpipeline.orders.hold-requested.v1'
  expect(await judged(suspecting, validated)).toEqual(['com.example.fraud.suspected.v1'])
  expect(await judged(holding, reserved)).toEqual([holdRequested])
  expect(await judged(holding, reserved)).toEqual([holdRequested])
  const aged = `UPDATE fraud_check.suspicions SET raised_at = now() - interval '22 days' WHERE customer_id = 'changed'`
  await database.ask('fraud_check', aged)
  await holding.forget()
  expect(await judged(holding, reserved)).toEqual([holdRequested])
  await Promise.all([suspecting.close(), holding.close()])
})

test('suspects an order once that is judged for itself and for its payment in one batch', async () => {
  const store = createStore({
    ...{ url: database.url, poolSize: 1, windowMinutes: 60, onIdleError: () => undefined },
    limits: { ...limits, declines: 0 },
  })
  const data = { orderId: randomUUID(), customerId: 'twice', totalCents: 20_000, currency: 'EUR' }
  const events = [
    eventOf('OrderValidated', { ...data, items: [] }, context()),
    eventOf('PaymentDeclined', { ...data, declineReason: 'CARD_DECLINED' }, context()),
  ]
  const sightings = events.flatMap((event) => sightingOf(Buffer.from(encode(event).value)) ?? [])
  const suspicions = await store.judge(sightings, new Date(0))
  expect(suspicions.map(({ event }) => (JSON.parse(event) as { data: { reasons: string[] } }).data.reasons)).toEqual([
    ['LARGE_ORDER'],
  ])
  await store.close()
})

test('connects to a Kafka with TLS and a password', async () => {
  const large = order('secured', 20_000)
  const replica = await run(secured())
  await bench.publish([large])
  await drained(replica)
  expect([...(await reasonsOf('secured')).keys()]).toEqual([large.data.orderId])
  await replica.end()
})

test('names every variable of a wrong environment and shows no value', async () => {
  const { code, output } = await failedStart(stage, { METRICS_PORT: 'none', DATABASE_URL: 'secret' })
  expect(code).toBe(1)
  for (const name of ['METRICS_PORT', 'DATABASE_URL', 'KAFKA_BOOTSTRAP_SERVERS', 'KAFKA_EMIT_TOPICS'])
    expect(output).toMatch(new RegExp(`^${name}: `, 'm'))
  expect(output).not.toContain('secret')
})
