// How many dead letters are open? On a real Kafka: dead letters as stages write them, marks as
// `orderpipeline dlq` writes them.
import { randomBytes } from 'node:crypto'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { createProducer, createTopics, deadLettersOf, markRecord } from '@orderpipeline/kafka'
import type { OutgoingRecord } from '@orderpipeline/kafka'
import { kafkaConnection, readTopicToEnd, topicAdmin } from '@orderpipeline/kafka-admin'
import { silentLogger } from '@orderpipeline/process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { deadLetterCounter } from '../src/kafka/dead-letter-counter.ts'

const pipeline = `l${randomBytes(4).toString('hex')}`
const topic = `${pipeline}.payment.dead-letters`
const kafka = kafkaConnection({ bootstrapServers: kafkaBootstrap(), clientId: pipeline, timeoutMs: 10_000 })
const address = { brokers: [kafkaBootstrap()], clientId: pipeline }
const producer = createProducer(address, silentLogger())

function deadLetter(partition: number, value = 'x'): OutgoingRecord {
  return {
    topic,
    partition,
    key: null,
    value,
    headers: { 'dead-letter-reason': 'NotJson', 'dead-letter-topic': `${pipeline}.orders.placed` },
  }
}
async function readDeadLetters() {
  return deadLettersOf('payment', await readTopicToEnd(kafka, topic))
}

beforeAll(async () => {
  await createTopics(address, [{ topic, partitions: 2 }], silentLogger())
})
afterAll(async () => {
  await producer.close()
  const admin = topicAdmin(kafka)
  await admin.delete([topic])
  await admin.close()
})

it('open dead letters are those that were not replayed or discarded, read at once or one by one', async () => {
  const counter = deadLetterCounter(kafka)
  const count = async (by = counter) => (await by.count([topic])).get(topic)
  expect(await count()).toBe(0)
  await producer.send([deadLetter(0), deadLetter(0), deadLetter(1)])
  expect(await count()).toBe(3)
  const [first] = await readDeadLetters()
  if (!first) throw new Error('no letter')
  const mark = { letter: first.id, action: 'discarded', by: 'test', at: new Date().toISOString() } as const
  await producer.send([markRecord(first, mark)])
  expect(await count()).toBe(2)
  await producer.send([markRecord(first, { ...mark, action: 'replayed' })]) // again, by force
  expect(await count()).toBe(2)
  expect(await count(deadLetterCounter(kafka))).toBe(2)
})

it('open dead letters are known after the topic is read to its end, in bounded parts', async () => {
  const large = 'x'.repeat(700_000)
  for (let index = 0; index < 24; index += 1) await producer.send([deadLetter(1, large)])
  const counter = deadLetterCounter(kafka)
  const counts: (number | undefined)[] = []
  while (counts.at(-1) === undefined && counts.length < 20) counts.push((await counter.count([topic])).get(topic))
  expect(counts.at(-1)).toBe(26)
  expect(counts.length).toBeGreaterThan(1)
})
