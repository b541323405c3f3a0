// What does a message cost at full speed? The processor time of a producer, for batches as a stage
// and as the relay send them, and of members that work off a backlog.
import { randomUUID } from 'node:crypto'
import { createTopics } from '@orderpipeline/kafka'
import { silentLogger } from '@orderpipeline/process'
import { reportOf, startConsumers, startProducer, until } from './scaling.ts'
import { wayTitles } from './member.ts'
import type { WayName } from './member.ts'

export interface ThroughputOptions {
  readonly partitions: number
  readonly members: number
  /** The messages of the backlog; a tenth of them is sent in small batches. */
  readonly messages: number
}

const backlogDeadlineMs = 180_000

/** Messages that a stage publishes together, and the relay. */
export const batchSizes = { stage: 5, relay: 500 } as const

/** Microseconds of a core for a message. */
export interface SendingResult {
  readonly stage: number
  readonly relay: number
}

export async function measureSending(
  bootstrapServers: string,
  client: 'kafkajs' | 'platformatic',
  { partitions, messages }: ThroughputOptions,
): Promise<SendingResult> {
  const topic = await freshTopic(bootstrapServers, partitions)
  const producer = startProducer()
  try {
    const send = async (batch: number, count: number): Promise<number> => {
      const command = { kind: 'send', bootstrapServers, topic, partitions, client, messages: count, batch } as const
      await producer.request({ ...command, messages: Math.ceil(count / 10) })
      const { cpuMs, sent } = await producer.request(command)
      return (cpuMs * 1_000) / sent
    }
    const stage = await send(batchSizes.stage, Math.ceil(messages / 10))
    const relay = await send(batchSizes.relay, messages)
    return { stage, relay }
  } finally {
    await producer.close()
  }
}

/** A topic with a backlog for `measureConsuming`, which may read it more than once. */
export async function createBacklog(
  bootstrapServers: string,
  { partitions, messages }: ThroughputOptions,
): Promise<string> {
  const topic = await freshTopic(bootstrapServers, partitions)
  const producer = startProducer()
  try {
    const target = { bootstrapServers, topic, partitions, messages }
    await producer.request({ kind: 'send', ...target, client: 'kafkajs', batch: batchSizes.relay })
    return topic
  } finally {
    await producer.close()
  }
}

/** Microseconds of a core for a message, of all but the first fifth. */
export async function measureConsuming(
  bootstrapServers: string,
  way: WayName,
  topic: string,
  { partitions, members, messages }: ThroughputOptions,
): Promise<number> {
  const consumers = startConsumers()
  try {
    const groupId = `${topic}-${randomUUID()}`
    await consumers.request({ kind: 'join', way, bootstrapServers, groupId, topic, partitions, backlog: messages })
    await consumers.request({ kind: 'scale', members, everyMs: 1 })
    await until(async () => (await reportOf(consumers)).total >= messages, backlogDeadlineMs)
    const { backlogUs, total } = await reportOf(consumers)
    if (total < messages) throw new Error(`${wayTitles[way]}: ${total} of ${messages} messages came`)
    return backlogUs
  } finally {
    await consumers.close()
  }
}

async function freshTopic(bootstrapServers: string, partitions: number): Promise<string> {
  const topic = `bench-${randomUUID()}`
  const address = { brokers: bootstrapServers.split(','), clientId: 'bench' }
  await createTopics(address, [{ topic, partitions }], silentLogger())
  return topic
}
