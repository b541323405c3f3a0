// How does a tool read all that a topic holds by now, and end? Straight from the brokers that lead
// its partitions, without a consumer group to join, to wait for and to leave behind; up to the ends
// that the partitions had when it began.
import { fetchV13, listOffsetsV7, metadataV12 } from '@platformatic/kafka'
import { codeOf, failure } from './answers.ts'
import type { KafkaConnection } from './connection.ts'
import { KafkaUnavailableError } from './unavailable.ts'

export interface TopicRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** A header given more than once keeps its last value. */
  readonly headers: Readonly<Record<string, string>>
  /** Unix milliseconds. */
  readonly timestamp: number
}

export interface ReadingOptions {
  /** Older records are left out. */
  readonly since?: Date | undefined
  /**
   * The bound of keys, values and headers together; more is refused rather than cut off in silence.
   */
  readonly maxBytes?: number
}

/** The topic is there and holds more than was asked for. */
export class TopicTooLargeError extends Error {
  override readonly name = 'TopicTooLargeError'
  readonly reason = 'TopicTooLarge'
  readonly retry = false
}

const defaultMaxBytes = 256 * 1024 * 1024
const bytesAtOnce = 8 * 1024 * 1024
const maxWaitMs = 500
/** Fetches in a row that bring a partition no further, before it counts as stuck. */
const patience = 20
const [earliest, latest] = [-2n, -1n]

/** Names of all topics that the user may see. @throws KafkaUnavailableError */
export async function topicNames(kafka: KafkaConnection): Promise<string[]> {
  const { topics } = await kafka.request('any', metadataV12.api, null, false)
  return topics.flatMap(({ name, isInternal }) => (typeof name === 'string' && !isInternal ? [name] : [])).sort()
}

/** Partition by partition, each in order. @throws KafkaUnavailableError, TopicTooLargeError */
export async function readTopicToEnd(
  kafka: KafkaConnection,
  topic: string,
  { since, maxBytes = defaultMaxBytes }: ReadingOptions = {},
): Promise<TopicRecord[]> {
  const [described] = (await kafka.metadata([topic])).topics
  if (!described || described.errorCode !== 0) throw refusal(`topic ${topic}`, described?.errorCode ?? 3)
  const records: TopicRecord[] = []
  let bytes = 0
  for (const { partitionIndex: partition, leaderId } of described.partitions) {
    const at = (timestamp: bigint) => offsetAt(kafka, leaderId, topic, partition, timestamp)
    const to = await at(latest)
    // Kafka returns -1 where no message is so young.
    const from = since === undefined ? await at(earliest) : await at(BigInt(since.getTime()))
    const part = { topic, topicId: described.topicId, partition, leaderId }
    for await (const { record } of recordsBetween(kafka, part, from, to)) {
      if (record === undefined) continue
      bytes += sizeOf(record)
      if (bytes > maxBytes)
        throw new TopicTooLargeError(`${topic} holds more than ${Math.floor(maxBytes / 2 ** 20)} MiB`)
      records.push(record)
    }
  }
  return records
}

export interface ReadPartition {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly leaderId: number
}

/**
 * Each record of a partition from one offset to before another. After the records of one fetch
 * comes an item without a record; `next` is where reading goes on after it.
 * @throws KafkaUnavailableError
 */
export async function* recordsBetween(
  kafka: KafkaConnection,
  { topic, topicId, partition, leaderId }: ReadPartition,
  from: bigint,
  to: bigint,
  maxBytes = bytesAtOnce,
): AsyncGenerator<{ readonly record?: TopicRecord; readonly next: bigint }> {
  let next = from
  for (let idle = 0; next >= 0n && next < to;) {
    const place = { partition, currentLeaderEpoch: -1, fetchOffset: next, lastFetchedEpoch: -1 }
    const requestTopics = [{ topicId, partitions: [{ ...place, partitionMaxBytes: maxBytes }] }]
    const answer = await kafka.request(leaderId, fetchV13.api, maxWaitMs, 1, maxBytes, 0, 0, -1, requestTopics, [], '')
    const part = answer.responses[0]?.partitions[0]
    const code = answer.errorCode || (part?.errorCode ?? 0)
    if (code !== 0) throw refusal(`partition ${partition} of topic ${topic}`, code)
    const before = next
    for (const batch of part?.records ?? []) {
      next = max(next, batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n)
      if ((batch.attributes & controlBatch) !== 0) continue
      for (const { offsetDelta, timestampDelta, key, value, headers } of batch.records) {
        const offset = batch.firstOffset + BigInt(offsetDelta)
        if (offset < before || offset >= to) continue
        const headerEntries = headers.map(([name, text]) => [String(name ?? ''), String(text ?? '')] as const)
        const place = { topic, partition, offset: String(offset) }
        const timestamp = Number(batch.firstTimestamp + timestampDelta)
        yield {
          record: { ...place, key, value, headers: Object.fromEntries(headerEntries), timestamp },
          next: offset + 1n,
        }
      }
    }
    idle = next === before ? idle + 1 : 0
    if (idle >= patience) throw refusal(`partition ${partition} of topic ${topic} at offset ${next}`, 7)
    yield { next }
  }
}

/** A flag in a batch's attributes: it carries the marker of a transaction, no record. */
const controlBatch = 0b100000
function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
function sizeOf({ key, value, headers }: TopicRecord): number {
  return (
    Object.entries(headers).reduce((sum, [name, text]) => sum + name.length + text.length, 0) +
    (key?.length ?? 0) +
    (value?.length ?? 0)
  )
}

async function offsetAt(
  kafka: KafkaConnection,
  leader: number,
  topic: string,
  partition: number,
  timestamp: bigint,
): Promise<bigint> {
  const requestTopics = [
    { name: topic, partitions: [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp }] },
  ]
  const { topics } = await kafka.request(leader, listOffsetsV7.api, -1, 0, requestTopics)
  const answer = topics[0]?.partitions[0]
  if (!answer || answer.errorCode !== 0)
    throw refusal(`partition ${partition} of topic ${topic}`, answer?.errorCode ?? 3)
  return answer.offset
}

function refusal(what: string, errorCode: number): KafkaUnavailableError {
  const { message } = failure(errorCode, null).error
  return new KafkaUnavailableError('Unreachable', `${what}: ${codeOf(errorCode)}: ${message}`)
}
