// How far has each consumer group come? Offsets from one Kafka cluster, read by one admin connection, within a deadline.
import { type Admin, Kafka, logLevel } from 'kafkajs'
import type { PartitionOffsets } from '../pipeline/index.ts'

export interface GroupQuery {
  readonly group: string
  readonly topics: readonly string[]
}

export interface LagReader {
  /** Partitions of every queried group that could be read, by group; one that could not be is absent. */
  read(queries: readonly GroupQuery[]): Promise<ReadonlyMap<string, readonly PartitionOffsets[]>>
  close(): Promise<void>
}

/** Kafka did not answer, or not in time. */
export class KafkaError extends Error {
  readonly reason: 'Timeout' | 'Unreachable'
  readonly retry = true

  constructor(reason: 'Timeout' | 'Unreachable', message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'KafkaError'
    this.reason = reason
  }
}

interface Watermark {
  readonly partition: number
  readonly low: string
  readonly high: string
}

export const kafkaLagReader = (bootstrapServers: string, timeoutMs: number): LagReader => {
  let connected: Promise<Admin> | undefined

  const connection = (): Promise<Admin> => {
    connected ??= connect(bootstrapServers, timeoutMs)
    return connected
  }
  const drop = async (): Promise<void> => {
    const admin = connected
    connected = undefined
    await admin?.then((open) => open.disconnect()).catch(() => {})
  }

  return {
    read: async (queries) => {
      try {
        return await within(
          timeoutMs,
          bootstrapServers,
          connection().then((admin) => offsets(admin, queries)),
        )
      } catch (error) {
        void drop() // a connection in doubt is not used again
        if (error instanceof KafkaError) throw error
        throw new KafkaError(
          'Unreachable',
          `${bootstrapServers}: ${error instanceof Error ? error.message : String(error)}`,
          error,
        )
      }
    },
    close: drop,
  }
}

const connect = async (bootstrapServers: string, timeoutMs: number): Promise<Admin> => {
  const kafka = new Kafka({
    clientId: 'orderpipeline-operator',
    brokers: bootstrapServers.split(','),
    connectionTimeout: Math.min(3000, timeoutMs),
    requestTimeout: timeoutMs,
    logLevel: logLevel.NOTHING, // failures reach us as errors, and are logged once, by the poller
    retry: { retries: 1, initialRetryTime: 200 },
  })
  const admin = kafka.admin()
  await admin.connect()
  return admin
}

/** Each topic and each group is asked about once, however many stages share it. */
const offsets = async (
  admin: Admin,
  queries: readonly GroupQuery[],
): Promise<ReadonlyMap<string, readonly PartitionOffsets[]>> => {
  const topics = [...new Set(queries.flatMap((query) => query.topics))]
  const watermarks = new Map<string, readonly Watermark[]>()
  const missing: unknown[] = []
  await Promise.all(
    topics.map((topic) =>
      admin.fetchTopicOffsets(topic).then(
        (found) => watermarks.set(topic, found),
        (error: unknown) => missing.push(error), // not made yet
      ),
    ),
  )
  if (watermarks.size === 0 && missing.length > 0) throw missing[0]
  const readable = queries.filter((query) => query.topics.every((topic) => watermarks.has(topic)))
  const answers = await Promise.all(
    readable.map(async ({ group, topics: consumed }) => {
      const committed = await admin.fetchOffsets({ groupId: group, topics: [...consumed] })
      return [
        group,
        consumed.flatMap((topic) =>
          partitions(
            topic,
            watermarks.get(topic) ?? [],
            committed.find((one) => one.topic === topic),
          ),
        ),
      ] as const
    }),
  )
  return new Map(answers)
}

const partitions = (
  topic: string,
  watermarks: readonly Watermark[],
  committed: { readonly partitions: readonly { readonly partition: number; readonly offset: string }[] } | undefined,
): PartitionOffsets[] => {
  const offsetOf = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
  return watermarks.map(({ partition, low, high }) => {
    const offset = offsetOf.get(partition)
    // -1 says that the group has committed nothing for this partition.
    const committedOffset = offset === undefined || offset < 0 ? undefined : offset
    return { topic, low: Number(low), high: Number(high), committed: committedOffset }
  })
}

const within = async <T>(ms: number, who: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new KafkaError('Timeout', `${who} did not answer within ${ms} ms`)), ms)
  })
  work.catch(() => {})
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
