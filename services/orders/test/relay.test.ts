// Does every committed order reach Kafka, in order per customer, whatever dies in between?
import { randomUUIDv7 } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { createProducer } from '@orderpipeline/kafka'
import type { Producer } from '@orderpipeline/kafka'
import { createPool, openSession } from '@orderpipeline/postgres'
import type { Pool } from '@orderpipeline/postgres'
import { stageBench, testDatabase, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createIntake, intakeMetrics, outboxLag, relayMetrics, startRelay } from '../src/intake/index.ts'
import type { OutboxMessage, Relay } from '../src/intake/index.ts'
import { selectLag } from '../src/sql/outbox.ts'
import { startFaultyLink } from '@orderpipeline/test-support/faulty-link'
import type { FaultyLink } from '@orderpipeline/test-support/faulty-link'

let database: TestDatabase
let bench: Bench
let producer: Producer
let administrator: Pool
const relays: Relay[] = []
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  administrator = createPool({ url: postgresUrl(), role: 'postgres', size: 1 })
  producer = createProducer({ brokers: [kafkaBootstrap()], clientId: 'relay-test' }, silentLogger())
})
beforeEach(async () => {
  bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: ['orders.placed'],
  })
})
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.close()))
  await bench.close()
})
afterAll(async () => {
  await producer.close()
  await administrator.close()
  await database.drop()
})

type Publish = (messages: readonly OutboxMessage[]) => Promise<void>
const toKafka: Publish = (messages) =>
  producer.send(messages.map((message) => ({ ...message, topic: bench.prefix + message.topic })))

interface RelaySettings {
  readonly batchSize?: number
  readonly giveUpAfterMs?: number
  /** As the relay reaches it. */
  readonly url?: string
  readonly leaseMs?: number
}

function relay(name: string, publish: Publish = toKafka, options: RelaySettings = {}): Relay {
  const { batchSize = 20, giveUpAfterMs, url = database.url, leaseMs } = options
  const instance = startRelay({
    database: database.as('orders'),
    openSession: (onNotification) =>
      openSession({ url, role: 'orders', applicationName: name, onNotification, ...(leaseMs ? { leaseMs } : {}) }),
    publish,
    metrics: relayMetrics(createRegistry()),
    logger: silentLogger(),
    batchSize,
    takeOverMs: 100,
    pollMs: 200,
    keepKeysHours: 24,
    ...(giveUpAfterMs === undefined ? {} : { giveUpAfterMs }),
  })
  relays.push(instance)
  return instance
}

function through(link: FaultyLink, url: string): string {
  const proxiedUrl = new URL(url)
  proxiedUrl.host = `127.0.0.1:${link.port}`
  return proxiedUrl.href
}

function killConnectionOf(name: string) {
  return administrator.query(
    {
      name: 'kill',
      text: 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
    },
    [name],
  )
}

/**
 * Orders of ten customers, each customer's one after the other, as answers allow: so many, or as
 * long as it holds. Order ids by customer, in order.
 */
async function place(each: number | (() => boolean)): Promise<Map<string, string[]>> {
  const goesOn = (index: number) => (typeof each === 'number' ? index < each : each())
  const intake = createIntake({
    database: database.as('orders'),
    metrics: intakeMetrics(createRegistry()),
    now: () => new Date(),
    newId: randomUUIDv7,
    maxBatch: 500,
    maxInFlight: 2,
    maxWaiting: 1_000,
  })
  const run = randomUUIDv7()
  const placements = Array.from({ length: 10 }, async (_, n) => {
    const customerId = `${run}-${n}`
    const ids: string[] = []
    for (let index = 0; goesOn(index); index++) {
      ids.push((await intake.place({ customerId, currency: 'EUR', items: [{ sku: 'SKU-0001', quantity: 1 }] })).orderId)
      if (typeof each === 'function') await sleep(40)
    }
    return [customerId, ids] as const
  })
  return new Map(await Promise.all(placements))
}

/** First occurrences, as a stage's inbox leaves them. */
async function publishedByCustomer(): Promise<{ readonly orders: Map<string, string[]>; readonly copies: number }> {
  const events = await bench.events('orders.placed')
  const seenIds = new Set<string>()
  const orders = new Map<string, string[]>()
  for (const { id, data } of events) {
    if (seenIds.has(id)) continue
    seenIds.add(id)
    orders.set(data.customerId, [...(orders.get(data.customerId) ?? []), data.orderId])
  }
  return { orders, copies: events.length }
}
function outboxEmpty() {
  return until(
    async () =>
      (await database.ask<{ rows: number }>('orders', 'SELECT count(*) AS rows FROM intake_outbox'))[0]?.rows === 0,
    50,
  )
}

test('one relay at a time publishes everything once while none fails', async () => {
  const all = [relay('one'), relay('two'), relay('three')]
  await until(() => all.some(({ leading }) => leading))
  const expectedOrders = await place(5)
  await outboxEmpty()
  expect(all.filter(({ leading }) => leading)).toHaveLength(1)
  const { orders, copies } = await publishedByCustomer()
  expect(orders).toEqual(expectedOrders)
  expect(copies).toBe(50)
})

test('another relay takes over from one without connection, in order', async () => {
  const publishers: string[] = []
  const by =
    (name: string): Publish =>
    async (messages) => {
      publishers.push(name)
      await toKafka(messages)
    }
  const all = { first: relay('first', by('first')), second: relay('second', by('second')) }
  // As long as there are kills: each needs something to publish, however late another takes over.
  let killing = true
  const placing = place(() => killing)
  for (let kill = 0; kill < 4; kill++) {
    const before = publishers.length
    await until(() => publishers.length > before, 10)
    const leader = all.first.leading ? 'first' : 'second'
    await killConnectionOf(leader)
  }
  killing = false
  const expectedOrders = await placing
  await outboxEmpty()
  expect((await publishedByCustomer()).orders).toEqual(expectedOrders)
})

test('publishes events of a crash before marking again under the same ids', async () => {
  let hasCrashed = false
  const crashing: Publish = async (messages) => {
    await toKafka(messages)
    hasCrashed = true
    // Killed after Kafka's answer and before the mark, as by SIGKILL.
    await killConnectionOf('dies')
    await sleep(50)
  }
  const expectedOrders = await place(2)
  const dies = relay('dies', crashing, { batchSize: 10 })
  await until(() => hasCrashed)
  void dies.close()
  relay('heir')
  await outboxEmpty()
  const { orders, copies } = await publishedByCustomer()
  expect(orders).toEqual(expectedOrders)
  expect(copies).toBeGreaterThanOrEqual(30)
})

test('does not pass over an order that commits late under a lower number', async () => {
  const one = relay('one')
  await until(() => one.leading)
  const insert = {
    name: 'late',
    text: `INSERT INTO intake_outbox (event_id, topic, key, value) VALUES (gen_random_uuid(), 'orders.placed', $1, '{}') RETURNING id`,
  }
  const count = async () => (await bench.records('orders.placed')).length
  await database.as('orders').transaction(async (late) => {
    const [first] = await late.query<{ id: number }>(insert, ['late'])
    const [second] = await database.as('orders').query<{ id: number }>(insert, ['early'])
    expect(first?.id).toBeLessThan(second?.id ?? 0)
    await until(async () => (await count()) === 1)
  })
  await until(async () => (await count()) === 2)
  const keys = (await bench.records('orders.placed')).map(({ key }) => key?.toString())
  expect(keys.sort()).toEqual(['early', 'late'])
})

test('keeps trying and keeps the order while Kafka refuses', async () => {
  let failures = 0
  const refusing: Publish = async (messages) => {
    if (failures++ < 3) throw new Error('not now')
    await toKafka(messages)
  }
  const expectedOrders = await place(3)
  relay('patient', refusing)
  await outboxEmpty()
  expect(failures).toBeGreaterThan(3)
  expect((await publishedByCustomer()).orders).toEqual(expectedOrders)
})

test('a gateway that cannot publish hands the relay to one that can', async () => {
  const cut = relay('cut', () => Promise.reject(new Error('Kafka is away from here')), { giveUpAfterMs: 300 })
  await until(() => cut.leading)
  const well = relay('well')
  const expectedOrders = await place(3)
  await outboxEmpty()
  expect([cut.leading, well.leading]).toEqual([false, true])
  expect((await publishedByCustomer()).orders).toEqual(expectedOrders)
})

test('gateways take turns while Kafka is away, and lose nothing', async () => {
  const attempts = new Set<string>()
  let away = true
  const by =
    (name: string): Publish =>
    async (messages) => {
      attempts.add(name)
      if (away) throw new Error('Kafka is away')
      await toKafka(messages)
    }
  relay('first', by('first'), { giveUpAfterMs: 200 })
  relay('second', by('second'), { giveUpAfterMs: 200 })
  const expectedOrders = await place(3)
  await until(() => attempts.size === 2)
  away = false
  await outboxEmpty()
  expect((await publishedByCustomer()).orders).toEqual(expectedOrders)
})

test('a relay that closes while Kafka does not answer hands its orders to another one', async () => {
  const firstCall = Promise.withResolvers<undefined>()
  const silent = relay('silent', () => {
    firstCall.resolve(undefined)
    return new Promise(() => undefined)
  })
  const expectedOrders = await place(3)
  await firstCall.promise
  await silent.close()
  expect(silent.leading).toBe(false)
  relay('heir')
  await outboxEmpty()
  expect((await publishedByCustomer()).orders).toEqual(expectedOrders)
})

test('a leader with a frozen connection loses the lock to another one', async () => {
  const link = await startFaultyLink({ host: new URL(database.url).hostname, port: Number(new URL(database.url).port) })
  try {
    const frozen = relay('frozen', toKafka, { url: through(link, database.url), leaseMs: 1_500 })
    await until(() => frozen.leading)
    link.hang()
    const successor = relay('heir')
    const expectedOrders = await place(3)
    await until(() => successor.leading)
    await outboxEmpty()
    expect((await publishedByCustomer()).orders).toEqual(expectedOrders)
    await link.restore()
    await until(() => !frozen.leading)
  } finally {
    await link.close()
  }
})

test('publishes orders while the backlog cannot be counted', async () => {
  await database.ask('orders', 'ALTER TABLE intake_outbox RENAME created_at TO made_at')
  try {
    const expectedOrders = await place(2)
    relay('blind')
    await outboxEmpty()
    expect((await publishedByCustomer()).orders).toEqual(expectedOrders)
  } finally {
    await database.ask('orders', 'ALTER TABLE intake_outbox RENAME made_at TO created_at')
  }
})

test('reports the number and age of waiting events without reading them all', async () => {
  const waiting = 100_000
  await database.ask(
    'orders',
    `INSERT INTO intake_outbox (event_id, topic, key, value, created_at)
     SELECT gen_random_uuid(), 'orders.placed', 'key', '{}', now() - interval '1 hour' FROM generate_series(1, $1::int)`,
    [waiting],
  )
  await database.ask('orders', 'ANALYZE intake_outbox') // without it the plan depends on when autovacuum was here last
  try {
    const { rows, seconds } = await outboxLag(database.as('orders'))
    expect(rows).toBe(waiting)
    expect(seconds).toBeGreaterThanOrEqual(3_600)
    const [plan] = await database.ask<{ 'QUERY PLAN': unknown }>(
      'orders',
      `EXPLAIN (ANALYZE, FORMAT JSON) ${selectLag.text}`,
    )
    const read = [...JSON.stringify(plan).matchAll(/"Actual Rows":([\d.]+)/g)].map(([, count]) => Number(count))
    expect(Math.max(...read)).toBeLessThanOrEqual(10_000)
  } finally {
    await database.ask('orders', 'DELETE FROM intake_outbox')
  }
})
