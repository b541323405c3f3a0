// What is kept of a message that a stage gave up on? The whole message and the reasons, so that it
// can be mended and replayed.
import { bytesOf, maxChunkBytes } from '../producer/chunks.ts'
import type { UndecodableBatch } from '../client/codecs.ts'
import { failureVerdict } from '../client/failure.ts'
import { deadLetterHeaderPrefix } from './dead-letter-marks.ts'
import { reasonOf } from '../metrics.ts'
import type { ConsumedRecord, OutgoingRecord } from '../client/records.ts'

export interface Failure {
  readonly error: Error
  /** How often the stage tried, the last time included. */
  readonly attempts: number
}

/**
 * In characters. A header has no bound of its own, and a record that exceeds the topic's bound
 * would never get there.
 */
const messageLimit = 1_000
const stackLimit = 4_000

/**
 * Key, value and headers as they came, as far as there is room for them; the reasons in further
 * headers.
 */
export function deadLetter(
  record: ConsumedRecord,
  { error, attempts }: Failure,
  stage: string,
  deadLetterTopic: string,
  now: Date,
): OutgoingRecord {
  const about = {
    reason: reasonOf(error),
    error: error.name,
    verdict: failureVerdict(error),
    message: error.message.slice(0, messageLimit),
    stack: stackOf(error).slice(0, stackLimit),
    stage,
    topic: record.topic,
    partition: String(record.partition),
    offset: record.offset,
    timestamp: String(record.timestamp),
    attempts: String(attempts),
    at: now.toISOString(),
  }
  const reasonHeaders = Object.fromEntries(
    Object.entries(about).map(([name, value]) => [deadLetterHeaderPrefix + name, value]),
  )
  const { undecodable } = record
  const coordinates = undecodable && {
    [`${deadLetterHeaderPrefix}last-offset`]: undecodable.lastOffset,
    [omittedHeader]: String(undecodable.bytes),
  }
  const headers = { ...record.headers, ...reasonHeaders, ...coordinates }
  const outgoing = { topic: deadLetterTopic, key: record.key, value: record.value, headers }
  if (fits(outgoing)) return outgoing
  // With the reasons the record may be more than a broker takes, and a dead letter that cannot be
  // written would stop its partition for ever. The message is still in its topic; the dead letter
  // says where.
  const omitted = { [omittedHeader]: String(record.value?.length ?? 0) }
  const without = { ...outgoing, value: null, headers: { ...headers, ...omitted } }
  return fits(without) ? without : { ...without, key: null, headers: { ...reasonHeaders, ...omitted } }
}

function fits(outgoing: OutgoingRecord): boolean {
  return bytesOf(outgoing) <= maxChunkBytes
}

/**
 * Set where the message could not be kept with its reasons, as it was too large or could not be
 * read: how many bytes it had.
 */
export const omittedHeader = `${deadLetterHeaderPrefix}omitted-bytes`

/** One dead letter for all messages of the batch: what they say is unknown. */
export class UndecodableRecordBatchError extends Error {
  override readonly name = 'UndecodableRecordBatchError'
  readonly reason = 'UndecodableRecordBatch'
  readonly retry = false
  constructor({ firstOffset, lastOffset, codec, bytes, reason }: UndecodableBatch) {
    super(
      `the record batch of ${bytes} bytes at offsets ${firstOffset} to ${lastOffset} (${codec}) cannot be read: ${reason}`,
    )
  }
}

function stackOf(error: Error): string {
  const own = error.stack ?? String(error)
  return error.cause instanceof Error ? `${own}\ncaused by: ${stackOf(error.cause)}` : own
}
