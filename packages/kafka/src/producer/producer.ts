// How are records published so that, once `send` resolves, every in-sync replica has them?
import kafkajs from 'kafkajs'
import type { Producer as KafkaProducer } from 'kafkajs'
import { DeadlineExceededError, withDeadline } from '@orderpipeline/retry'
import type { Logger } from '@orderpipeline/process'
import { chunksOf } from './chunks.ts'
import { createClient } from '../client/client.ts'
import type { KafkaAddress } from '../client/client.ts'
import type { OutgoingRecord } from '../client/records.ts'

export interface Producer {
  /**
   * Records of one key arrive in the order given, as long as the caller awaits one send before the
   * next. A send that failed may have published some: consumers drop the second copy by its event
   * id. Connects when first used.
   * @throws PublishError
   */
  send(records: readonly OutgoingRecord[]): Promise<void>
  close(): Promise<void>
}

export class PublishError extends Error {
  override readonly name = 'PublishError'
  readonly reason = 'PublishFailed'
  readonly retry = true
  readonly outage = true
}

const acknowledgementTimeoutMs = 10_000
/**
 * The bound of one send, with the tries of kafkajs. A producer that takes longer may never answer:
 * a new one takes its place.
 */
const sendDeadlineMs = 60_000
const closeDeadlineMs = 5_000

export function createProducer(address: KafkaAddress, logger: Logger): Producer {
  let connecting: Promise<KafkaProducer> | undefined

  const connect = async (): Promise<KafkaProducer> => {
    const producer = createClient(address, logger).producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 3 },
    })
    await producer.connect()
    return producer
  }
  const connection = (): Promise<KafkaProducer> => {
    connecting ??= connect().catch((error: unknown) => {
      connecting = undefined
      throw error
    })
    return connecting
  }

  const publish = async (records: readonly OutgoingRecord[]): Promise<void> => {
    const producer = await connection()
    for (const chunk of chunksOf(records))
      await producer.sendBatch({ acks: -1, timeout: acknowledgementTimeoutMs, topicMessages: byTopic(chunk) })
  }
  const abandonConnection = (): void => {
    const previous = connecting
    connecting = undefined
    previous?.then((producer) => producer.disconnect()).catch(() => undefined)
  }

  return {
    send: async (records) => {
      if (records.length === 0) return
      try {
        await withDeadline(sendDeadlineMs, 'publishing', publish(records))
      } catch (cause) {
        if (cause instanceof DeadlineExceededError) abandonConnection()
        throw new PublishError(cause instanceof Error ? cause.message : String(cause), { cause })
      }
    },
    close: async () => {
      const closing = connecting?.then((producer) => producer.disconnect())
      connecting = undefined
      if (closing) await withDeadline(closeDeadlineMs, 'closing the producer', closing).catch(() => undefined)
    },
  }
}

function byTopic(records: readonly OutgoingRecord[]) {
  const topics = new Map<string, OutgoingRecord[]>()
  for (const record of records) {
    const of = topics.get(record.topic)
    if (of) of.push(record)
    else topics.set(record.topic, [record])
  }
  return [...topics].map(([topic, messages]) => ({
    topic,
    messages: messages.map(({ key, value, headers, partition }) => ({
      key,
      value,
      headers,
      ...(partition === undefined ? {} : { partition }),
    })),
  }))
}
