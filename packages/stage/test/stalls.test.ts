// Is a database that is locked or slow waited for, however long, and is a message that is too slow
// by itself still given up on? On a real Kafka and a real database.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import type { Queryable } from '@orderpipeline/postgres'
import type { StageDefinition } from '../src/index.ts'
import { stageBench, testDatabase, testOrder, until, validatedEvent } from '../src/testing/index.ts'
import type { Bench, TestDatabase, TestOrder } from '../src/testing/index.ts'

const cases = ['locked', 'row', 'slow', 'poison']
let database: TestDatabase
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: [...cases.map((name) => `${name}.in`), ...cases.map((name) => `${name}.dead-letters`)],
    partitions: 1,
  })
})
afterAll(async () => {
  await bench.close()
  await database.drop()
})

const few = { STAGE_RETRY_ATTEMPTS: 2 }
function orderOf(customerId: string): TestOrder {
  return { ...testOrder(1, { 'SKU-0001': 1 }), customerId }
}
function ids(orders: readonly TestOrder[]) {
  return orders.map(({ orderId }) => orderId)
}
function publish(name: string, orders: readonly TestOrder[]) {
  return bench.publishRaw(
    orders.map((order) => {
      const { id, source, time, data } = validatedEvent(order)
      const value = { specversion: '1.0', type: 'dev.orderpipeline.orders.validated.v1', id, source, time, data }
      return { topic: `${name}.in`, key: order.customerId, value: JSON.stringify(value), headers: {} }
    }),
  )
}
function untilDone(name: string) {
  return until(async () => (await bench.lag(name, `${name}.in`)) === 0)
}
function deadLettersOf(name: string) {
  return bench.records(`${name}.dead-letters`)
}
/** Also ends where a message was given up on: then there is no need to wait. */
function untilTriedAgain(name: string, isTried: () => boolean) {
  return until(async () => isTried() || (await deadLettersOf(name)).length > 0)
}
function say(tx: Queryable, text: string, values: readonly unknown[] = []) {
  return tx.query({ name: '', text }, values)
}

/** `needs`: the work for each message; with short time-outs, as the test has little time. */
function stageThat(needs: (tx: Queryable, orderId: string) => Promise<unknown>) {
  const observation = { tries: 0, effects: new Set<string>() }
  const definition: StageDefinition<undefined> = {
    role: 'notification',
    handles: ['OrderValidated'],
    apply: async (tx, items) => {
      observation.tries++
      await say(tx, `SELECT set_config('lock_timeout', '300ms', true), set_config('statement_timeout', '600ms', true)`)
      for (const { event } of items) await needs(tx, event.data.orderId)
      for (const { event } of items) observation.effects.add(event.data.orderId)
      return () => []
    },
  }
  return { observation, definition }
}

/** Resolves once the lock is held, to a function that releases it. */
async function hold(lock: string): Promise<() => Promise<void>> {
  const [acquisition, releaseRequest] = [Promise.withResolvers<void>(), new AbortController()]
  const lockTransaction = database.as('notification').transaction(async (tx) => {
    await say(tx, lock)
    acquisition.resolve()
    // A transaction with nothing to do would be ended.
    while (!releaseRequest.signal.aborted) {
      await say(tx, 'SELECT 1')
      await sleep(50)
    }
  })
  await Promise.race([acquisition.promise, lockTransaction])
  return async () => {
    releaseRequest.abort()
    await lockTransaction
  }
}

test('waits for a table lock beyond all tries and gives up no message', async () => {
  const unlock = await hold('LOCK TABLE notifications IN ACCESS EXCLUSIVE MODE')
  const { observation, definition } = stageThat((tx) => say(tx, 'SELECT count(*) FROM notifications'))
  const replica = bench.start('locked', ['locked.in'], definition, few)
  const orders = [orderOf('a'), orderOf('b'), orderOf('a')]
  await publish('locked', orders)
  await untilTriedAgain('locked', () => observation.tries > 8)
  await unlock()
  await untilDone('locked')
  await replica.drain()
  expect([...observation.effects].sort()).toEqual(ids(orders).sort())
  expect(await deadLettersOf('locked')).toEqual([])
})

test('a locked row delays only the messages that need it', async () => {
  const needy = [orderOf('needy'), orderOf('needy')]
  const unlock = await hold(`SELECT pg_advisory_xact_lock(hashtext('${needy[0]?.orderId}'))`)
  const { observation, definition } = stageThat((tx, orderId) =>
    say(tx, 'SELECT pg_advisory_xact_lock(hashtext($1))', [orderId]),
  )
  const replica = bench.start('row', ['row.in'], definition, few)
  const others = Array.from({ length: 40 }, (_, n) => orderOf(`other-${n % 7}`))
  await publish('row', [...others.slice(0, 20), ...needy, ...others.slice(20)])
  await untilTriedAgain('row', () => observation.effects.size === others.length)
  expect([...observation.effects].sort()).toEqual(ids(others).sort())
  const before = observation.tries
  await untilTriedAgain('row', () => observation.tries > before + 4)
  await unlock()
  await untilDone('row')
  await replica.drain()
  expect([...observation.effects].slice(-2)).toEqual(ids(needy))
  expect(await deadLettersOf('row')).toEqual([])
})

test('waits for a database that is too slow and gives up no message', async () => {
  let slow = true
  const { observation, definition } = stageThat((tx) => say(tx, 'SELECT pg_sleep($1)', [slow ? 60 : 0]))
  const replica = bench.start('slow', ['slow.in'], definition, few)
  const orders = Array.from({ length: 4 }, (_, n) => orderOf(`customer-${n}`))
  await publish('slow', orders)
  await untilTriedAgain('slow', () => observation.tries > 16)
  slow = false
  await untilDone('slow')
  await replica.drain()
  expect([...observation.effects].sort()).toEqual(ids(orders).sort())
  expect(await deadLettersOf('slow')).toEqual([])
})

test('gives up the only message that is too slow on each try, and continues its key', async () => {
  const [poison, behind] = [orderOf('poisoned'), orderOf('poisoned')]
  const { observation, definition } = stageThat((tx, orderId) =>
    say(tx, 'SELECT pg_sleep($1)', [orderId === poison.orderId ? 60 : 0]),
  )
  const replica = bench.start('poison', ['poison.in'], definition, few)
  await publish('poison', [poison, behind])
  const others: TestOrder[] = []
  while ((await deadLettersOf('poison')).length === 0) {
    others.push(orderOf(`other-${others.length}`))
    await publish('poison', others.slice(-1))
  }
  await untilDone('poison')
  await replica.drain()
  expect([...observation.effects].sort()).toEqual(ids([behind, ...others]).sort())
  const [deadLetter] = await deadLettersOf('poison')
  expect([String(deadLetter?.key), deadLetter?.headers['dead-letter-reason']]).toEqual(['poisoned', 'Stalled'])
})
