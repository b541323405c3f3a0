// Are the offsets of a consumer group changed from outside, with what the group has noted, and only
// while it has no members?
import { randomBytes } from 'node:crypto'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { createTopics } from '@orderpipeline/kafka'
import { silentLogger } from '@orderpipeline/process'
import { eventually } from '@orderpipeline/retry/testing'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { committedOffsets, commitOffsets, GroupInUseError, kafkaConnection, memberCount } from '../src/index.ts'
import type { KafkaConnection } from '../src/index.ts'

const topic = `offsets-${randomBytes(4).toString('hex')}`
const group = `${topic}-group`
let kafka: KafkaConnection
let client: Kafka
beforeAll(async () => {
  kafka = kafkaConnection({ bootstrapServers: kafkaBootstrap(), clientId: 'test', timeoutMs: 10_000 })
  const retry = { initialRetryTime: 200, retries: 10 }
  client = new Kafka({ brokers: [kafkaBootstrap()], clientId: 'test', logLevel: logLevel.NOTHING, retry })
  await createTopics({ brokers: [kafkaBootstrap()], clientId: 'test' }, [{ topic, partitions: 2 }], silentLogger())
})
afterAll(() => kafka.close())

function at(offsets: readonly number[], metadata: string) {
  return offsets.map((offset, partition) => ({ topic, partition, offset, metadata }))
}

test('offsets of a group without members go back and keep their metadata', async () => {
  // A broker that has just started takes a moment to coordinate its first group.
  await eventually('there is a coordinator', () =>
    memberCount(kafka, group).then(
      (count) => count === 0,
      () => false,
    ),
  )
  expect(await committedOffsets(kafka, group)).toEqual([])
  await commitOffsets(kafka, group, at([7, 9], 'database 1'))
  expect(await committedOffsets(kafka, group)).toEqual(at([7, 9], 'database 1'))
  await commitOffsets(kafka, group, at([3, 9], 'database 1'))
  expect(await committedOffsets(kafka, group)).toEqual(at([3, 9], 'database 1'))
})

test('offsets of a group with a member stay as they are', async () => {
  // Its own: a member sets offsets right that its topic does not have.
  const inUse = `${group}-in-use`
  const consumer = client.consumer({ groupId: inUse, retry: { retries: 10 } })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({ eachMessage: () => Promise.resolve() })
  await eventually('it has joined', async () => (await memberCount(kafka, inUse)) === 1)
  const before = await committedOffsets(kafka, inUse)
  await expect(commitOffsets(kafka, inUse, at([0, 0], ''))).rejects.toThrow(GroupInUseError)
  expect(await committedOffsets(kafka, inUse)).toEqual(before)
  await consumer.disconnect()
  await eventually('it has left', async () => (await memberCount(kafka, inUse)) === 0)
  await commitOffsets(kafka, inUse, at([0, 0], ''))
  expect(await committedOffsets(kafka, inUse)).toEqual(at([0, 0], ''))
})
