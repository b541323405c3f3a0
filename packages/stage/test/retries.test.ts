// Does a message that fails hold up its own key and nothing more? One partition on a real Kafka,
// effects in a real database.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import type { OrderEvent } from '@orderpipeline/order-events'
import type { StageDefinition } from '../src/index.ts'
import { stageBench, testDatabase, testOrder, until, validatedEvent } from '../src/testing/index.ts'
import type { Bench, TestDatabase, TestOrder } from '../src/testing/index.ts'

const topic = 'orders.validated'
let database: TestDatabase
let bench: Bench
let runs = 0
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  const stages = ['effects', 'calls', 'stuck', 'freed', 'moving', 'queued', 'many', 'large']
  bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: [...stages.map((stage) => `${topic}.${stage}`), ...stages.map((stage) => `${stage}.dead-letters`)],
    partitions: 1,
  })
})
afterAll(async () => {
  await bench.close()
  await database.drop()
})

function orderOf(customerId: string): TestOrder {
  return { ...testOrder(runs++, { 'SKU-0001': 1 }), customerId }
}
function publish(stage: string, orders: readonly TestOrder[]) {
  return bench.publishRaw(
    orders.map((order) => ({
      topic: `${topic}.${stage}`,
      key: order.customerId,
      value: encode(order),
      headers: {},
    })),
  )
}
function encode(order: TestOrder): string {
  return JSON.stringify(envelopeOf(validatedEvent(order)))
}
function envelopeOf({ id, source, time, data }: OrderEvent) {
  return {
    ...{ specversion: '1.0', type: 'dev.orderpipeline.orders.validated.v1', id, source, time, data },
  }
}

/**
 * Notes in which order messages took effect, and fails those in `failing` as often as it says, by
 * an error without a verdict.
 */
function stageOf(effects: string[], failing: Map<string, number>): StageDefinition<undefined> {
  return {
    role: 'notification',
    handles: ['OrderValidated'],
    apply: () =>
      Promise.resolve((_tx, items) => {
        for (const { event } of items) fail(event, failing, items.length === 1)
        effects.push(...items.map(({ event }) => event.data.orderId))
        return []
      }),
  }
}
function fail({ data }: OrderEvent, failing: Map<string, number>, alone: boolean): void {
  const remainingFailures = failing.get(data.orderId) ?? 0
  if (remainingFailures > 0 && alone) failing.set(data.orderId, remainingFailures - 1)
  if (remainingFailures > 0) throw new TypeError('a bug')
}
function lag(stage: string) {
  return bench.lag(stage, `${topic}.${stage}`)
}
function ids(orders: readonly TestOrder[]) {
  return orders.map(({ orderId }) => orderId)
}

test('retries poison as often as allowed while other keys of its partition go on', async () => {
  const poison = orderOf('poisoned')
  const behind = [orderOf('poisoned'), orderOf('poisoned')]
  const others = Array.from({ length: 50 }, (_, n) => orderOf(`other-${n % 5}`))
  const effects: string[] = []
  const failing = new Map([[poison.orderId, Number.POSITIVE_INFINITY]])
  // Tries so far apart that the rest is done between two of them, whatever the machine.
  const slow = { STAGE_RETRY_ATTEMPTS: 2, STAGE_RETRY_BACKOFF_SECONDS: 6 }
  const replica = bench.start('effects', [`${topic}.effects`], stageOf(effects, failing), slow)
  await publish('effects', [poison, ...behind, ...others])
  await until(() => effects.length >= others.length)
  expect(effects).toEqual(ids(others))
  expect(await bench.records('effects.dead-letters')).toEqual([])
  await until(async () => (await lag('effects')) === 0)
  expect(effects).toEqual(ids([...others, ...behind]))
  const deadLetters = await bench.records('effects.dead-letters')
  expect(deadLetters.map(({ key, headers }) => [String(key), headers['dead-letter-attempts']])).toEqual([
    ['poisoned', '2'],
  ])
  expect(deadLetters[0]?.headers).toMatchObject({ 'dead-letter-error': 'TypeError', 'dead-letter-verdict': 'unknown' })
  await replica.drain()
})

test('more failing calls than may be in flight delay no other message', async () => {
  const shaky = Array.from({ length: 8 }, (_, n) => orderOf(`shaky-${n}`))
  const others = Array.from({ length: 20 }, (_, n) => orderOf(`other-${n % 5}`))
  const effects: string[] = []
  const failing = new Map(shaky.map(({ orderId }) => [orderId, 1]))
  const definition: StageDefinition<undefined> = {
    ...stageOf(effects, new Map()),
    prepare: (event) => {
      fail(event, failing, true)
      return Promise.resolve(undefined)
    },
  }
  const overrides = { STAGE_CONCURRENCY: 2, STAGE_RETRY_ATTEMPTS: 3, STAGE_RETRY_BACKOFF_SECONDS: 6 }
  const replica = bench.start('calls', [`${topic}.calls`], definition, overrides)
  await publish('calls', [...shaky, ...others])
  await until(async () => (await lag('calls')) === 0)
  expect(effects.slice(0, others.length).sort()).toEqual(ids(others).sort())
  expect(effects.slice(others.length).sort()).toEqual(ids(shaky).sort())
  expect(await bench.records('calls.dead-letters')).toEqual([])
  await replica.drain()
})

/**
 * The error of a call that waits for one order only, as for a charge of which another call is under
 * way. It says that it is an outage.
 */
class StillRunningError extends Error {
  override readonly name = 'StillRunningError'
  readonly outage = true
}

test('more hanging calls than may run at once delay no other message', async () => {
  const stuck = Array.from({ length: 6 }, (_, n) => orderOf(`stuck-${n}`))
  const others = Array.from({ length: 20 }, (_, n) => orderOf(`other-${n % 5}`))
  const effects: string[] = []
  let isFreed = false
  const definition: StageDefinition<undefined> = {
    ...stageOf(effects, new Map()),
    prepare: ({ data }) =>
      !isFreed && stuck.some(({ orderId }) => orderId === data.orderId)
        ? Promise.reject(new StillRunningError('the same is in flight'))
        : Promise.resolve(undefined),
  }
  const replica = bench.start('stuck', [`${topic}.stuck`], definition, { STAGE_CONCURRENCY: 2 })
  await publish('stuck', [...stuck, ...others])
  await until(() => effects.length === others.length)
  expect([...effects].sort()).toEqual(ids(others).sort())
  isFreed = true
  await until(async () => (await lag('stuck')) === 0)
  expect(effects.slice(others.length).sort()).toEqual(ids(stuck).sort())
  expect(await bench.records('stuck.dead-letters')).toEqual([])
  await replica.drain()
})

test('a call that unblocks an earlier one of its key does not wait for it', async () => {
  const [stuck, freeing, behind] = [orderOf('one'), orderOf('one'), orderOf('one')]
  const effects: string[] = []
  let isFreed = false
  const definition: StageDefinition<undefined> = {
    ...stageOf(effects, new Map()),
    overtakes: ({ data }) => data.orderId === freeing.orderId,
    prepare: ({ data }) => {
      if (data.orderId === freeing.orderId) isFreed = true
      const fails = data.orderId === stuck.orderId && !isFreed
      return fails ? Promise.reject(new StillRunningError('the same is in flight')) : Promise.resolve(undefined)
    },
  }
  const replica = bench.start('freed', [`${topic}.freed`], definition)
  await publish('freed', [stuck, behind, freeing])
  await until(async () => (await lag('freed')) === 0)
  expect(effects.indexOf(freeing.orderId)).toBe(0)
  expect(effects.slice(1)).toEqual(ids([stuck, behind]))
  await replica.drain()
})

test('a replica that shuts down leaves a later try to the next one, in order', async () => {
  const [first, second, other] = [orderOf('key'), orderOf('key'), orderOf('other')]
  const effects: string[] = []
  const failing = new Map([[first.orderId, 1]])
  const start = () =>
    bench.start('moving', [`${topic}.moving`], stageOf(effects, failing), { STAGE_RETRY_BACKOFF_SECONDS: 600 })
  const replica = start()
  await publish('moving', [first, second, other])
  await until(() => effects.length === 1)
  expect(effects).toEqual(ids([other]))
  await replica.drain()
  const next = start()
  await until(async () => (await lag('moving')) === 0)
  expect(effects.filter((id) => id !== other.orderId)).toEqual(ids([first, second]))
  expect(await bench.records('moving.dead-letters')).toEqual([])
  await next.drain()
})

test('a replica that shuts down ends its calls and begins no other', async () => {
  const orders = ['a', 'b', 'a', 'b', 'c', 'd'].map(orderOf)
  const effects: string[] = []
  const calls: string[] = []
  const answer = Promise.withResolvers<undefined>()
  const definition: StageDefinition<undefined> = {
    ...stageOf(effects, new Map()),
    prepare: ({ data }) => {
      calls.push(data.orderId)
      return answer.promise
    },
  }
  const start = () => bench.start('queued', [`${topic}.queued`], definition, { STAGE_CONCURRENCY: 2 })
  const replica = start()
  await publish('queued', orders)
  await until(() => calls.length === 2)
  const drained = replica.drain()
  answer.resolve(undefined)
  await drained
  expect(calls).toEqual(ids(orders.slice(0, 2)))
  expect([...effects].sort()).toEqual(ids(orders.slice(0, 2)).sort())
  const next = start()
  await until(async () => (await lag('queued')) === 0)
  await next.drain()
  expect([...effects].sort()).toEqual(ids(orders).sort())
  for (const key of [0, 1]) {
    const ofKey = ids([orders[key]!, orders[key + 2]!])
    expect(effects.filter((id) => ofKey.includes(id))).toEqual(ofKey)
  }
})

test('gives up many failing messages among hundreds and keeps each key’s order', async () => {
  const orders = Array.from({ length: 400 }, (_, n) => orderOf(`customer-${n % 20}`))
  const bad = orders.filter((_, n) => n % 25 === 7)
  const effects: string[] = []
  const failing = new Map(bad.map(({ orderId }) => [orderId, Number.POSITIVE_INFINITY]))
  const replica = bench.start('many', [`${topic}.many`], stageOf(effects, failing))
  await publish('many', orders)
  await until(async () => (await lag('many')) === 0)
  const good = orders.filter((order) => !bad.includes(order))
  for (let n = 0; n < 20; n++) {
    const ofKey = new Set(ids(good.filter(({ customerId }) => customerId === `customer-${n}`)))
    expect(effects.filter((id) => ofKey.has(id))).toEqual([...ofKey])
  }
  expect(effects).toHaveLength(good.length)
  expect(await bench.records('many.dead-letters')).toHaveLength(bad.length)
  await replica.drain()
})

test('poison of Kafka’s maximum size, and a batch of it, stops no partition', async () => {
  const good = orderOf('good')
  const poison = (bytes: number) => ({ topic: `${topic}.large`, key: 'k', value: 'x'.repeat(bytes), headers: {} })
  await bench.publishRaw([poison(1_040_000)])
  await bench.publishRaw(Array.from({ length: 300 }, () => poison(20_000)))
  await publish('large', [good])
  const effects: string[] = []
  const replica = bench.start('large', [`${topic}.large`], stageOf(effects, new Map()))
  await until(async () => (await lag('large')) === 0)
  expect(effects).toEqual(ids([good]))
  const deadLetters = await bench.records('large.dead-letters')
  expect(deadLetters).toHaveLength(301)
  expect(deadLetters[0]?.value).toBeNull()
  expect(deadLetters[0]?.headers).toMatchObject({ 'dead-letter-omitted-bytes': '1040000', 'dead-letter-offset': '0' })
  expect(deadLetters.slice(1).every(({ value }) => value?.length === 20_000)).toBe(true)
  await replica.drain()
})
