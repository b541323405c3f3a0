// What is kept of a message that a stage gave up on? All of it, and why, so that it can be mended and played again.
import { verdictOn } from './failure.ts'
import { reasonOf } from './metrics.ts'
import type { ConsumedRecord, OutgoingRecord } from './records.ts'

export interface Failure {
  readonly error: Error
  /** How often the stage tried, the last time included. */
  readonly attempts: number
}

/** Characters. A header has no bound of its own, and a record that exceeds the topic's would never get there. */
const messageLimit = 1_000
const stackLimit = 4_000
export const letterHeaders = 'dead-letter-'

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
    error: error.name,
    verdict: verdictOn(error),
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
  const headers = Object.fromEntries(Object.entries(about).map(([name, value]) => [letterHeaders + name, value]))
  return { topic: deadLetterTopic, key: record.key, value: record.value, headers: { ...record.headers, ...headers } }
}

function stackOf(error: Error): string {
  const own = error.stack ?? String(error)
  return error.cause instanceof Error ? `${own}\ncaused by: ${stackOf(error.cause)}` : own
}
