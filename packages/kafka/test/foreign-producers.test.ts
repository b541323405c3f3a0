// Does a stage read what producers of other teams write: every codec, transactions, and batches
// that cannot be read? On a real Kafka.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import type { Kafka, Producer as KafkaProducer } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { maxBatchBytes } from '../src/client/codecs.ts'
import { createClient } from '../src/client/client.ts'
import { createProducer, createTopics, groupLag, deadLettersOf, readTopic, runStage } from '../src/index.ts'
import type { PartitionOwnershipStore, Producer, Stage } from '../src/index.ts'

const prefix = `foreign-${randomBytes(4).toString('hex')}.`
const logger = silentLogger()
const address = { brokers: [] as string[], clientId: 'test' }
let kafka: Kafka
let ours: Producer
const stages: Stage[] = []
const producers: KafkaProducer[] = []
beforeAll(async () => {
  address.brokers.push(kafkaBootstrap())
  kafka = createClient(address, logger)
  ours = createProducer(address, logger)
  const names = ['codecs', 'unreadable', 'transactions', 'aborted']
  const topics = names.flatMap((name) => [name, `${name}.dead-letters`])
  await createTopics(
    address,
    topics.map((topic) => ({ topic: prefix + topic, partitions: 2 })),
    logger,
  )
})
afterAll(async () => {
  await Promise.all(stages.map((stage) => stage.drain(5_000)))
  await Promise.all(producers.map((producer) => producer.disconnect()))
  await ours.close()
})

/** All partitions are its own, and their record is empty. */
const ownershipStore: PartitionOwnershipStore = {
  take: (partitions) =>
    Promise.resolve(
      partitions.map((partition) => ({ ...partition, deaths: 0, quietForMs: 0, until: undefined, trial: undefined })),
    ),
  read: () => Promise.resolve({ partitions: [], suspects: 0 }),
  ...{ release: () => Promise.resolve(), reach: () => Promise.resolve(), try: () => Promise.resolve() },
  ...{ forget: () => Promise.resolve(), clear: () => Promise.resolve() },
}

/** Starts a stage that notes the values it receives. */
function start(name: string): string[] {
  const receivedValues: string[] = []
  const stage = runStage<string, string>({
    name,
    address,
    groupId: prefix + name,
    topics: [prefix + name],
    deadLetterTopic: `${prefix}${name}.dead-letters`,
    concurrency: 2,
    retry: { attempts: 2, backoffSeconds: 0.01 },
    decode: ({ value }) => String(value),
    prepare: undefined,
    itemOf: (text) => text,
    effect: (items) => {
      receivedValues.push(...items)
      return Promise.resolve({ records: [], storedItems: [] })
    },
    settle: () => Promise.resolve(),
    ...{ ownershipStore, producer: ours, logger, now: () => new Date(), registry: createRegistry() },
  })
  stages.push(stage)
  return receivedValues
}
function lag(name: string) {
  return groupLag(address, prefix + name, prefix + name, logger)
}
async function untilWorkedOff(name: string): Promise<void> {
  while ((await lag(name)) !== 0) await sleep(200)
}
async function foreign(options: kafkajs.ProducerConfig = {}): Promise<KafkaProducer> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, ...options })
  await producer.connect()
  producers.push(producer)
  return producer
}
function valuesOf(name: string, count = 50): string[] {
  return Array.from({ length: count }, (_, n) => `${name} ${n} ${'with something that repeats '.repeat(20)}`)
}
function messagesOf(values: readonly string[], partition: number) {
  return values.map((value) => ({ value, partition }))
}
const { CompressionTypes } = kafkajs
const compressions = Object.entries({
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
})

test('reads batches of every Kafka codec, each message once', async () => {
  const producer = await foreign()
  const sentValues: string[] = []
  for (const [name, compression] of compressions) {
    const values = valuesOf(name)
    sentValues.push(...values)
    await producer.send({ topic: `${prefix}codecs`, compression, messages: messagesOf(values, 0) })
  }
  const receivedValues = start('codecs')
  await untilWorkedOff('codecs')
  expect(receivedValues).toEqual(sentValues)
  expect(await readTopic(address, `${prefix}codecs.dead-letters`, logger)).toEqual([])
})

test('makes an unreadable batch one dead letter and handles all messages around it', async () => {
  const producer = await foreign()
  const topic = `${prefix}unreadable`
  const [before, behind, otherPartition] = [valuesOf('before', 3), valuesOf('behind', 3), valuesOf('beside', 3)]
  await producer.send({ topic, messages: messagesOf(before, 0) })
  // Small enough for every broker, and more than any replica has room for.
  const bomb = { value: Buffer.alloc(maxBatchBytes), partition: 0 }
  await producer.send({
    topic,
    compression: CompressionTypes.GZIP,
    messages: [bomb, { value: 'with it', partition: 0 }],
  })
  await producer.send({ topic, messages: messagesOf(behind, 0) })
  await producer.send({ topic, messages: messagesOf(otherPartition, 1) })
  const receivedValues = start('unreadable')
  await untilWorkedOff('unreadable')
  expect(receivedValues.filter((value) => !value.startsWith('beside'))).toEqual([...before, ...behind])
  expect(receivedValues.filter((value) => value.startsWith('beside'))).toEqual(otherPartition)
  const deadLetters = deadLettersOf('unreadable', await readTopic(address, `${topic}.dead-letters`, logger))
  expect(deadLetters).toHaveLength(1)
  expect(deadLetters[0]).toMatchObject({
    reason: 'UndecodableRecordBatch',
    verdict: 'never',
    source: { topic, partition: 0, offset: '3' },
    value: null,
  })
  expect(deadLetters[0]?.message).toMatch(/^the record batch of \d+ bytes at offsets 3 to 4 \(gzip\) cannot be read: /)
  expect(deadLetters[0]?.omittedBytes).toBeGreaterThan(0)
})

test.each(['commit', 'abort'] as const)('the marker of a transaction leaves no lag: %s', async (end) => {
  const name = end === 'commit' ? 'transactions' : 'aborted'
  const producer = await foreign({ transactionalId: prefix + name, idempotent: true, maxInFlightRequests: 1 })
  const send = async (values: readonly string[]): Promise<void> => {
    const transaction = await producer.transaction()
    await transaction.send({ topic: prefix + name, messages: messagesOf(values, 0) })
    await transaction[end]()
  }
  await send(['first', 'second'])
  const receivedValues = start(name)
  await untilWorkedOff(name)
  await send(['third'])
  await send(['fourth'])
  await untilWorkedOff(name)
  expect(receivedValues).toEqual(end === 'commit' ? ['first', 'second', 'third', 'fourth'] : [])
})
