// What is a Kafka record to the rest of the system, with the client library kept out of sight?
import type { KafkaMessage } from 'kafkajs'
import { placeholderHeader } from './codecs.ts'
import type { UndecodableBatch } from './codecs.ts'

export type RecordHeaders = Readonly<Record<string, string>>

export interface ConsumedRecord {
  /** The topic's name in Kafka, prefix included. */
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** A header given more than once keeps its last value. */
  readonly headers: RecordHeaders
  /** Unix milliseconds, as the producer or the broker stamped it. */
  readonly timestamp: number
  /** It stands for a message of a record batch that could not be read. */
  readonly undecodable?: UndecodableBatch
}

export interface OutgoingRecord {
  readonly topic: string
  /** Chosen by the key where absent. */
  readonly partition?: number
  readonly key: string | Buffer | null
  readonly value: string | Buffer | null
  readonly headers: RecordHeaders
}

export function recordOf(topic: string, partition: number, message: KafkaMessage): ConsumedRecord {
  const { offset, key, value, timestamp } = message
  const headers = Object.entries(message.headers ?? {}).map(([name, value]): [string, string] => {
    const last = Array.isArray(value) ? value.at(-1) : value
    return [name, last?.toString() ?? '']
  })
  const record = { topic, partition, offset, key, value, timestamp: Number(timestamp) }
  const placeholder = headers.find(([name]) => name === placeholderHeader)
  if (!placeholder) return { ...record, headers: Object.fromEntries(headers) }
  return { ...record, headers: {}, undecodable: JSON.parse(placeholder[1]) as UndecodableBatch }
}
