// Does a stage hold its guarantees on a real Kafka and a real database: one effect a message,
// nothing lost, nothing stuck?
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { inventoryStage } from '@orderpipeline/inventory'
import { encode } from '@orderpipeline/order-events'
import { createStore } from '../src/index.ts'
import { prune } from '../src/prune.ts'
import { stageBench, testDatabase, testOrder, until, validatedEvent } from '../src/testing/index.ts'
import type { Bench, TestDatabase } from '../src/testing/index.ts'

const topics = ['orders.validated', 'orders.cancelled', 'inventory.updated', 'inventory.dead-letters']
const consumes = ['orders.validated', 'orders.cancelled']
const stage = inventoryStage({ now: () => new Date() })
const stock = 1_000

let database: TestDatabase
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 10, seedStockQuantity: stock })
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
})
afterAll(async () => {
  await bench.close()
  await database.drop()
})

async function available(sku: string) {
  return (
    await database.ask<{ available: number }>('inventory', 'SELECT available FROM stock WHERE sku = $1', [sku])
  )[0]?.available
}
async function outboxSize() {
  return (await database.ask<{ count: number }>('inventory', 'SELECT count(*) FROM outbox', []))[0]?.count
}
function untilDrained() {
  return until(async () => (await bench.lag('inventory', 'orders.validated')) === 0)
}
async function answersTo(orderIds: readonly string[]) {
  return (await bench.events('inventory.updated')).filter(({ data }) => orderIds.includes(data.orderId))
}

test('a message delivered three times takes effect once and is answered once', async () => {
  const order = testOrder(1, { 'SKU-0001': 2 })
  const event = validatedEvent(order)
  const replica = bench.start('inventory', consumes, stage)
  await bench.publish([event, event])
  await untilDrained()
  await bench.publish([event])
  await untilDrained()
  await replica.drain()
  expect(await available('SKU-0001')).toBe(stock - 2)
  expect(await answersTo([order.orderId])).toHaveLength(1)
})

test('a repeat of a message with ids in other case takes no effect', async () => {
  const order = testOrder(6, { 'SKU-0006': 2 })
  const { value, ...record } = encode(validatedEvent(order))
  const capitals = value.replace(/"(id|orderId)":"[^"]*"/g, (field) =>
    field.replace(/[0-9a-f-]{36}/, (id) => id.toUpperCase()),
  )
  expect(capitals).toContain(order.orderId.toUpperCase())
  const replica = bench.start('inventory', consumes, stage)
  await bench.publishRaw([{ ...record, value: capitals }])
  await untilDrained()
  expect(await available('SKU-0006')).toBe(stock - 2)
  await bench.publishRaw([{ ...record, value }])
  await untilDrained()
  await replica.drain()
  expect(await available('SKU-0006')).toBe(stock - 2)
  expect(await answersTo([order.orderId])).toHaveLength(1)
})

test('redelivery publishes events that a crash left committed but unpublished', async () => {
  const orders = [1, 2, 3].map((n) => testOrder(n, { 'SKU-0002': 1 }))
  const events = orders.map(validatedEvent)
  // The first replica: its transaction commits, then it ends before it publishes or commits an
  // offset.
  const crashedStore = createStore(database.as('inventory'), { prefix: bench.prefix, keyedByOrder: [] }, stage.apply)
  await crashedStore.effect(
    events.map((event) => ({ event, prepared: undefined })),
    [],
  )
  await bench.publish(events)
  expect(await outboxSize()).toBe(3)

  const replica = bench.start('inventory', consumes, stage)
  await untilDrained()
  await replica.drain()
  const answers = await answersTo(orders.map(({ orderId }) => orderId))
  expect(answers.map(({ type }) => type)).toEqual(['StockReserved', 'StockReserved', 'StockReserved'])
  expect(await available('SKU-0002')).toBe(stock - 3)
  expect(await outboxSize()).toBe(0)
})

test('poison becomes a dead letter with its reason and later messages go on', async () => {
  const order = testOrder(5, { 'SKU-0003': 1 })
  const { key, headers } = encode(validatedEvent(order))
  const poison = ['{"not":"an event"}', 'not even JSON'].map((value) => ({
    topic: 'orders.validated',
    key,
    value,
    headers,
  }))
  await bench.publishRaw(poison)
  await bench.publish([validatedEvent(order)])
  const replica = bench.start('inventory', consumes, stage)
  await untilDrained()
  await replica.drain()
  expect(await answersTo([order.orderId])).toHaveLength(1)
  const deadLetterRecords = await bench.records('inventory.dead-letters')
  expect(deadLetterRecords.map(({ value }) => String(value))).toEqual(poison.map(({ value }) => value))
  expect(deadLetterRecords.map(({ headers: of }) => of['dead-letter-reason'])).toEqual(['NotACloudEvent', 'NotJson'])
  expect(deadLetterRecords[0]?.headers).toMatchObject({
    'dead-letter-stage': 'inventory',
    'dead-letter-topic': `${bench.prefix}orders.validated`,
    'dead-letter-attempts': '1',
  })
})

test('replicas that join and leave lose and duplicate nothing', async () => {
  const orders = Array.from({ length: 400 }, (_, n) => testOrder(n, { 'SKU-0004': 1 }))
  const publishing = (async () => {
    for (let n = 0; n < orders.length; n += 20) {
      await bench.publish(orders.slice(n, n + 20).map(validatedEvent))
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })()
  const first = bench.start('inventory', consumes, stage)
  await until(() => first.ready() === true)
  const second = bench.start('inventory', consumes, stage)
  await until(() => second.ready() === true)
  await first.drain()
  await publishing
  await untilDrained()
  await second.drain()
  expect(await available('SKU-0004')).toBe(stock - 400)
  const ids = (await answersTo(orders.map(({ orderId }) => orderId))).map(({ id }) => id)
  expect(new Set(ids).size).toBe(400)
  expect(await outboxSize()).toBe(0)
})

test('waits for a database that repeatedly closes every connection', async () => {
  const orders = Array.from({ length: 300 }, (_, n) => testOrder(n, { 'SKU-0005': 1 }))
  const deadLetters = async () => (await bench.records('inventory.dead-letters')).length
  const deadLettersBefore = await deadLetters()
  let thrownOut = 0
  const replica = bench.start('inventory', consumes, stage)
  await until(() => replica.ready() === true)
  for (let n = 0; n < orders.length; n += 30) {
    await bench.publish(orders.slice(n, n + 30).map(validatedEvent))
    thrownOut += await database.throwOut()
  }
  // Once it has worked, an outage is no reason to treat it as a bad version.
  expect(replica.ready()).toBe(true)
  await untilDrained()
  await replica.drain()
  expect(thrownOut).toBeGreaterThan(0)
  expect(await available('SKU-0005')).toBe(stock - 300)
  expect(await answersTo(orders.map(({ orderId }) => orderId))).toHaveLength(300)
  expect(await deadLetters()).toBe(deadLettersBefore)
})

test('deletes inbox and outbox rows past redelivery and no younger ones', async () => {
  const ages = [1, 191, 193, 500]
  await database.ask('inventory', 'DELETE FROM inbox')
  await database.ask(
    'inventory',
    `WITH heard AS (
       INSERT INTO inbox SELECT gen_random_uuid(), now() - make_interval(hours => age) FROM unnest($1::int[]) AS age
       RETURNING event_id, received_at)
     INSERT INTO outbox (source_id, topic, key, value) SELECT event_id, 't', 'k', received_at::text FROM heard`,
    [ages],
  )
  expect(await prune(database.as('inventory'), 192)).toEqual({ dropped: [], messages: 2 })
  expect(await database.ask('inventory', 'SELECT count(*) FROM inbox')).toEqual([{ count: 2 }])
  const outboxQuery = 'SELECT count(*) FROM outbox JOIN inbox ON event_id = source_id'
  expect(await database.ask('inventory', outboxQuery)).toEqual([{ count: 2 }])
  expect(await outboxSize()).toBe(2)
})
