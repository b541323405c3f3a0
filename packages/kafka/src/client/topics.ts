// How do tests and tools make topics, look at offsets and read a topic to its end? In a cluster the
// operator owns topics.
import { randomUUID } from 'node:crypto'
import { backoffMs, sleep } from '@orderpipeline/retry'
import type { Logger } from '@orderpipeline/process'
import { createClient } from './client.ts'
import type { KafkaAddress } from './client.ts'
import { recordOf } from './records.ts'
import type { ConsumedRecord } from './records.ts'

export interface TopicSpec {
  readonly topic: string
  readonly partitions: number
  /** By the names of Kafka, such as `retention.ms`. */
  readonly config?: Readonly<Record<string, string>>
}

/** Topics that exist already stay as they are. Resolves when each partition's leader answers. */
export async function createTopics(address: KafkaAddress, topics: readonly TopicSpec[], logger: Logger): Promise<void> {
  const admin = createClient(address, logger).admin()
  await admin.connect()
  try {
    // eslint-disable-next-line no-restricted-syntax -- the one place
    await admin.createTopics({
      waitForLeaders: false, // kafkajs gives up where the broker's metadata does not know the new topic yet
      topics: topics.map(({ topic, partitions, config = {} }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: 1,
        configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
      })),
    })
    // The metadata names a topic, and then a leader, a little before the broker answers as one.
    for (const { topic } of topics) await answering(() => admin.fetchTopicOffsets(topic))
  } finally {
    await admin.disconnect()
  }
}

/** The names of all topics that the user may see. */
export async function existingTopics(address: KafkaAddress, logger: Logger): Promise<ReadonlySet<string>> {
  const admin = createClient(address, logger).admin({ retry: { retries: 3 } })
  await admin.connect()
  try {
    return new Set(await admin.listTopics())
  } finally {
    await admin.disconnect()
  }
}

/**
 * Messages a group has yet to commit on a topic; a partition without a committed offset counts from
 * its beginning.
 */
export async function groupLag(address: KafkaAddress, groupId: string, topic: string, logger: Logger): Promise<number> {
  const admin = createClient(address, logger).admin()
  await admin.connect()
  try {
    const [ends, [groupOffsets]] = await answering(() =>
      Promise.all([admin.fetchTopicOffsets(topic), admin.fetchOffsets({ groupId, topics: [topic] })]),
    )
    const positions = new Map(groupOffsets?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
    return ends.reduce(
      (lag, { partition, high, low }) => lag + Number(high) - Math.max(positions.get(partition) ?? 0, Number(low)),
      0,
    )
  } finally {
    await admin.disconnect()
  }
}

/** The members that a group has now, by their ids. */
export async function groupMembers(address: KafkaAddress, groupId: string, logger: Logger): Promise<readonly string[]> {
  const admin = createClient(address, logger).admin()
  await admin.connect()
  try {
    const { groups } = await answering(() => admin.describeGroups([groupId]))
    return groups.flatMap(({ members }) => members.map(({ memberId }) => memberId))
  } finally {
    await admin.disconnect()
  }
}

/** A broker that has just started, or just got a topic or a group, does not answer for it yet. */
async function answering<T>(ask: () => Promise<T>, failures = 0): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (failures >= 20) throw error
    await sleep(backoffMs(failures + 1, { firstMs: 100, maxMs: 3_000 }))
    return answering(ask, failures + 1)
  }
}

/** All a topic holds by now, partition by partition, each in order. */
export async function readTopic(address: KafkaAddress, topic: string, logger: Logger): Promise<ConsumedRecord[]> {
  const kafka = createClient(address, logger)
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic).finally(() => admin.disconnect())
  const expected = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
  if (expected === 0) return []
  const consumer = kafka.consumer({ groupId: `reader-${randomUUID()}`, maxWaitTimeInMs: 100 })
  const records: ConsumedRecord[] = []
  const complete = Promise.withResolvers<void>()
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ partition, message }) => {
        if (records.push(recordOf(topic, partition, message)) === expected) complete.resolve()
        return Promise.resolve()
      },
    })
    await complete.promise
  } finally {
    await consumer.disconnect()
  }
  return records.sort((a, b) => a.partition - b.partition || Number(a.offset) - Number(b.offset))
}
