// Does a stage keep its throughput when every replica needs one row, and waits for it longer than
// for other locks? On a real Kafka and a real database.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import type { Queryable } from '@orderpipeline/postgres'
import type { StageDefinition } from '../src/index.ts'
import { stageBench, testDatabase, testOrder, until, validatedEvent } from '../src/testing/index.ts'
import type { Bench, TestDatabase } from '../src/testing/index.ts'

const replicas = 8
/** Messages in one transaction at most. */
const largest = 500
const messages = 40_000

let database: TestDatabase
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: ['hot.in', 'hot.dead-letters'],
    partitions: 2 * replicas,
  })
})
afterAll(async () => {
  await bench.close()
  await database.drop()
})

function say(tx: Queryable, text: string) {
  return tx.query({ name: '', text }, [])
}

test('replicas that wait for one row beyond lock_timeout go on in large groups', { timeout: 300_000 }, async () => {
  const effects = new Set<string>()
  /** Messages of each transaction that went through, once every replica has seen the queue. */
  const sizes: number[] = []
  const definition: StageDefinition<undefined> = {
    role: 'notification',
    handles: ['OrderValidated'],
    apply: async (tx, items) => {
      await say(tx, `SELECT set_config('lock_timeout', '150ms', true)`)
      await say(tx, 'SELECT pg_advisory_xact_lock(39)')
      // The work while the row is locked.
      await say(tx, 'SELECT pg_sleep(0.1)')
      return () => {
        if (effects.size > messages / 2) sizes.push(items.length)
        for (const { event } of items) effects.add(event.data.orderId)
        return []
      }
    },
  }
  const records = Array.from({ length: messages }, (_, n) => {
    const { id, source, time, data } = validatedEvent({ ...testOrder(1, { 'SKU-0001': 1 }), customerId: `c-${n}` })
    const value = { specversion: '1.0', type: 'dev.orderpipeline.orders.validated.v1', id, source, time, data }
    return { topic: 'hot.in', key: `c-${n}`, value: JSON.stringify(value), headers: {} }
  })
  await bench.publishRaw(records)
  for (let n = 0; n < replicas; n++) bench.start('hot', ['hot.in'], definition)
  await until(() => effects.size === messages)
  const median = [...sizes].sort((a, b) => a - b)[sizes.length >> 1]
  expect(median, `sizes: ${sizes.join(', ')}`).toBeGreaterThanOrEqual(largest / 2)
  expect(await bench.records('hot.dead-letters')).toEqual([])
})
