// What is kept of a message that a stage gave up on? All of it, and why, so that it can be mended and played again.
import { reasonOf } from './metrics.ts'
import type { ConsumedRecord, OutgoingRecord } from './records.ts'

export interface Failure {
  readonly error: Error
  /** How often the stage tried, the last time included. */
  readonly attempts: number
}

const stackLimit = 4_000
const prefix = 'dead-letter-'

/** Key, value and headers as they came; the reasons in further headers. */
export function deadLetter(
  record: ConsumedRecord,
  { error, attempts }: Failure,
  stage: string,
  deadLetterTopic: string,
  now: Date,
): OutgoingRecord {
  const about = {
    reason: reasonOf(error),
    message: error.message,
    stack: stackOf(error).slice(0, stackLimit),
    stage,
    topic: record.topic,
    partition: String(record.partition),
    offset: record.offset,
    timestamp: String(record.timestamp),
    attempts: String(attempts),
    at: now.toISOString(),
  }
  const headers = Object.fromEntries(Object.entries(about).map(([name, value]) => [prefix + name, value]))
  return { topic: deadLetterTopic, key: record.key, value: record.value, headers: { ...record.headers, ...headers } }
}

function stackOf(error: Error): string {
  const own = error.stack ?? String(error)
  return error.cause instanceof Error ? `${own}\ncaused by: ${stackOf(error.cause)}` : own
}
