// Do gateways share a look, whichever makes it, and does none of them wait for one that has died?
import { setTimeout as sleep } from 'node:timers/promises'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { testDatabase, until } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSharedRead, ReadPendingError } from '../src/queues/shared-read.ts'
import type { SharedReadOptions } from '../src/queues/shared-read.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 0 })
})
afterAll(() => database.drop())

const hour = 3_600_000
/** A gateway's, with what is usual in these tests. */
function gateway<Found>(name: string, look: () => Promise<Found>, options: Partial<SharedReadOptions> = {}) {
  return createSharedRead(
    { database: database.as('orders'), name, freshMs: hour, readMs: hour, patienceMs: 10_000, ...options },
    look,
  )
}

test('twenty gateways share one read and its result', async () => {
  let looks = 0
  const look = async () => {
    await sleep(50)
    return [{ stage: 'orders', lag: ++looks }]
  }
  const answers = await Promise.all(Array.from({ length: 20 }, () => gateway('at once', look).read()))
  expect(answers.map(({ value }) => value)).toEqual(answers.map(() => [{ stage: 'orders', lag: 1 }]))
  const later = await gateway('at once', look).read()
  expect(later.value).toEqual([{ stage: 'orders', lag: 1 }])
  expect(later.ageMs).toBeGreaterThan(0)
  expect((await gateway('of another name', look).read()).value).toEqual([{ stage: 'orders', lag: 2 }])
})

test('reads again what is too old', async () => {
  let looks = 0
  const one = gateway('old', () => Promise.resolve(++looks), { freshMs: 1 })
  expect((await one.read()).value).toBe(1)
  await sleep(5)
  expect((await one.read()).value).toBe(2)
})

test('a gateway that cannot read leaves it to another one', async () => {
  const away = () => Promise.reject(new Error('Kafka is away from here'))
  await expect(gateway('away', away).read()).rejects.toThrow('Kafka is away from here')
  expect((await gateway('away', () => Promise.resolve('seen')).read()).value).toBe('seen')
})

test('waits for a gateway that dies in its read as long as a read may take', async () => {
  const never = () => new Promise<string>(() => undefined)
  let lookStarted = false
  void gateway('dead', () => ((lookStarted = true), never()), { readMs: hour }).read()
  await until(() => lookStarted)
  const other = gateway('dead', () => Promise.resolve('seen'), { readMs: hour, patienceMs: 100 })
  await expect(other.read()).rejects.toThrow(ReadPendingError)
  const reading = gateway('dead', () => Promise.resolve('seen'), { readMs: hour, patienceMs: 60_000 }).read()
  // As if the time that a read may take had passed.
  const later = `UPDATE shared_looks SET claimed_until = claimed_until - $1 * interval '1 ms' WHERE name = 'dead'`
  await database.ask('orders', later, [hour])
  expect((await reading).value).toBe('seen')
})

test('forgets reads that no gateway has requested for a day', async () => {
  await gateway('forgotten', () => Promise.resolve(1)).read()
  await database.ask('orders', `UPDATE shared_looks SET claimed_until = now() - interval '25 hours'`)
  await gateway('of today', () => Promise.resolve(1)).read()
  expect(await database.ask('orders', 'SELECT name FROM shared_looks')).toEqual([{ name: 'of today' }])
})
