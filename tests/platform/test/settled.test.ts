// Is an outbox row of an event that Kafka already has taken for work that is left?
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { shopTopics, stageBench, testDatabase } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { isSettled } from '@orderpipeline/test-support/books'
import { Ledger } from '@orderpipeline/test-support/ledger'

let database: TestDatabase
let bench: Bench
let ledger: Ledger

beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  const own = new URL(postgresUrl())
  own.pathname = new URL(database.url).pathname
  ledger = new Ledger(own.href)
  const topics = [...shopTopics, 'read-by-no-stage']
  bench = await stageBench({ databaseUrl: database.url, kafkaBootstrap: kafkaBootstrap(), topics })
})

afterAll(async () => {
  await bench.close()
  await ledger.close()
  await database.drop()
})

test('a published row is settled where processes are killed, and only there', async () => {
  expect(await isSettled({ database, bench, ledger })).toBe(true)
  const event = { topic: 'read-by-no-stage', key: 'customer-1', value: '{"left":"behind"}' }
  await database.ask('payment', 'INSERT INTO outbox (source_id, topic, key, value) VALUES ($1, $2, $3, $4)', [
    randomUUID(),
    bench.prefix + event.topic,
    event.key,
    event.value,
  ])
  expect(await isSettled({ database, bench, ledger })).toBe(false)
  expect(await isSettled({ database, bench, ledger }, { processesAreKilled: true })).toBe(false)
  await bench.publishRaw([{ ...event, headers: {} }])
  expect(await isSettled({ database, bench, ledger }, { processesAreKilled: true })).toBe(true)
  expect(await isSettled({ database, bench, ledger })).toBe(false)
})
