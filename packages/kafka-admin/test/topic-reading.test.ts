// Is a topic read whole, from a time on, past the gaps that transactions leave, and never beyond
// what fits in memory?
import { randomBytes } from 'node:crypto'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { createTopics } from '@orderpipeline/kafka'
import { silentLogger } from '@orderpipeline/process'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { kafkaConnection, readTopicToEnd, topicNames } from '../src/index.ts'
import type { KafkaConnection } from '../src/index.ts'

let kafka: KafkaConnection
let client: Kafka
let topic: string
beforeAll(() => {
  kafka = kafkaConnection({ bootstrapServers: kafkaBootstrap(), clientId: 'test', timeoutMs: 10_000 })
  // A broker that is busy hosts a new topic a moment after it was created.
  const retry = { initialRetryTime: 200, retries: 10 }
  client = new Kafka({ brokers: [kafkaBootstrap()], clientId: 'test', logLevel: logLevel.NOTHING, retry })
})
beforeEach(async () => {
  topic = `reading-${randomBytes(4).toString('hex')}`
  await createTopics({ brokers: [kafkaBootstrap()], clientId: 'test' }, [{ topic, partitions: 2 }], silentLogger())
})
afterAll(() => kafka.close())

async function send(values: readonly string[], partition: number, timestamp = Date.now()): Promise<void> {
  const producer = client.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  const messages = values.map((value) => ({
    partition,
    timestamp: String(timestamp),
    value,
    headers: { from: 'test' },
  }))
  await producer.send({ topic, messages })
  await producer.disconnect()
}
async function valuesOf(
  ...options: Parameters<typeof readTopicToEnd> extends [unknown, unknown, ...infer Rest] ? Rest : []
) {
  return (await readTopicToEnd(kafka, topic, ...options)).map(
    ({ partition, offset, value }) => `${partition}/${offset} ${String(value)}`,
  )
}

test('reads an empty topic at once and lists it among the topics', async () => {
  expect(await valuesOf()).toEqual([])
  expect(await topicNames(kafka)).toContain(topic)
})

test('reads all partitions in order with headers and times, or from a time on', async () => {
  const [early, late] = [Date.now() - 3_600_000, Date.now() - 60_000]
  await send(['a', 'b'], 0, early)
  await send(['c'], 0, late)
  await send(['d'], 1, late)
  expect(await valuesOf()).toEqual(['0/0 a', '0/1 b', '0/2 c', '1/0 d'])
  expect(await valuesOf({ since: new Date(late - 1_000) })).toEqual(['0/2 c', '1/0 d'])
  expect(await valuesOf({ since: new Date() })).toEqual([])
  const [first] = await readTopicToEnd(kafka, topic)
  expect(first).toMatchObject({ topic, headers: { from: 'test' }, timestamp: early, key: null })
})

test('reads on after the end of a transaction', async () => {
  await send(['d'], 1)
  const producer = client.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true })
  await producer.connect()
  for (const value of ['e', 'f']) {
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ partition: 1, value }] })
    await transaction.commit()
  }
  await producer.disconnect()
  expect((await valuesOf()).filter((line) => line.startsWith('1/'))).toEqual(['1/0 d', '1/1 e', '1/3 f'])
})

test('refuses more than fits, and a topic that does not exist', async () => {
  await send(
    Array.from({ length: 50 }, () => 'x'.repeat(10_000)),
    0,
  )
  await expect(valuesOf({ maxBytes: 100_000 })).rejects.toMatchObject({ reason: 'TopicTooLarge' })
  expect(await valuesOf()).toHaveLength(50)
  await expect(readTopicToEnd(kafka, `${topic}-not`)).rejects.toMatchObject({ reason: 'Unreachable' })
})
