// Does the reader find on a real Kafka what groups have consumed and what they have not?
import { randomBytes } from 'node:crypto'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { Kafka, logLevel } from 'kafkajs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { kafkaLagReader } from '../src/kafka/lag-reader.ts'
import { lagSample } from '../src/pipeline/index.ts'

describe('the lag reader', () => {
  const id = `lag-${randomBytes(3).toString('hex')}`
  const topics = [`${id}.a`, `${id}.b`]
  let kafka: Kafka
  beforeEach(async () => {
    kafka = new Kafka({ clientId: id, brokers: [kafkaBootstrap()], logLevel: logLevel.NOTHING })
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ waitForLeaders: true, topics: topics.map((topic) => ({ topic, numPartitions: 2 })) })
    const producer = kafka.producer()
    await producer.connect()
    const messages = Array.from({ length: 10 }, (_, index) => ({ value: 'x', partition: index % 2 }))
    await producer.sendBatch({ topicMessages: topics.map((topic) => ({ topic, messages })) })
    await producer.disconnect()
    await admin.setOffsets({ groupId: id, topic: topics[0] ?? '', partitions: [{ partition: 0, offset: '3' }] })
    await admin.disconnect()
  })
  afterEach(async () => {
    const admin = kafka.admin()
    await admin.connect()
    await admin.deleteTopics({ topics })
    await admin.disconnect()
  })

  it('counts what a group has not committed, and all of what it never read', async () => {
    const reader = kafkaLagReader(kafkaBootstrap(), 10_000)
    const queries = [
      { group: id, topics },
      { group: `${id}-new`, topics: topics.slice(0, 1) },
      { group: `${id}-early`, topics: [`${id}.not-made-yet`] },
    ]
    const read = await reader.read(queries)
    await reader.close()
    expect([...read].map(([group, partitions]) => [group, lagSample(partitions, 0).lag])).toEqual([
      [id, 17],
      [`${id}-new`, 10],
    ])
  })

  it('gives up in time where nobody answers', async () => {
    const reader = kafkaLagReader('127.0.0.1:1', 2000)
    await expect(reader.read([{ group: id, topics }])).rejects.toThrow('127.0.0.1:1')
    await reader.close()
  })
})
