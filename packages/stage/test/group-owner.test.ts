// Do two shops that share a Kafka and a name, and no database, keep out of each other's way?
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stageBench, testDatabase, testOrder, until, validatedEvent } from '../src/testing/index.ts'
import type { Bench, TestDatabase, TestStage } from '../src/testing/index.ts'
import type { StageDefinition } from '../src/index.ts'

let ours: TestDatabase
let theirs: TestDatabase
let bench: Bench
beforeAll(async () => {
  ours = await testDatabase(postgresUrl(), { seedProducts: 0 })
  theirs = await testDatabase(postgresUrl(), { seedProducts: 0 })
  const topics = ['orders.validated', 'owned.dead-letters']
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: ours.url, topics })
})
afterAll(async () => {
  await bench.close()
  await ours.drop()
  await theirs.drop()
})

const nothing: StageDefinition<void> = {
  role: 'notification',
  handles: ['OrderValidated'],
  apply: () => Promise.resolve(() => []),
}
function start(overrides = {}): TestStage {
  return bench.start('owned', ['orders.validated'], nothing, overrides)
}
function publish(count: number) {
  return bench.publish(Array.from({ length: count }, (_, n) => validatedEvent(testOrder(n, { 'SKU-0001': 1 }))))
}
function untilWorkedOff() {
  return until(async () => (await bench.lag('owned', 'orders.validated')) === 0)
}
async function inboxSize(database: TestDatabase) {
  return (await database.ask('notification', 'SELECT FROM inbox')).length
}

test('a stage of another database stays out of the group and says why', async () => {
  const first = start()
  await publish(40)
  await untilWorkedOff()
  const other = start({ DATABASE_URL: theirs.url })
  await until(() => String(other.ready()).includes('found offsets of database'))
  await publish(40)
  await untilWorkedOff()
  expect([await inboxSize(ours), await inboxSize(theirs)]).toEqual([80, 0])
  // Also while the group has no members, as where the first shop is suspended.
  await first.drain()
  await publish(10)
  const again = start({ DATABASE_URL: theirs.url })
  await until(() => String(again.ready()).includes('found offsets of database'))
  await Promise.all([other.drain(), again.drain()])
  expect(await bench.lag('owned', 'orders.validated')).toBe(10)
  const back = start()
  await untilWorkedOff()
  expect([await inboxSize(ours), await inboxSize(theirs)]).toEqual([90, 0])
  await back.drain()
})

test('a database takes over a group when configured to, and a copy is the same one', async () => {
  await publish(10)
  const next = start({ DATABASE_URL: theirs.url, KAFKA_TAKE_OVER_GROUP: true })
  await untilWorkedOff()
  expect(await inboxSize(theirs)).toBe(10)
  await next.drain()
  await theirs.ask('notification', 'INSERT INTO installation SELECT * FROM unnest($1::uuid[])', [
    (await ours.ask<{ id: string }>('notification', 'SELECT id FROM installation')).map(({ id }) => id),
  ])
  const replica = start({ DATABASE_URL: theirs.url })
  await until(() => replica.ready() === true)
})
