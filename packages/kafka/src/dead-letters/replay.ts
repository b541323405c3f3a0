// How does a dead letter get back to the one stage that gave up on it? Into the topic it came from,
// under its key and so behind the later messages of its key, with a header that names the stage:
// every other consumer of the topic skips it (ADR 10).
import { markHeader } from './dead-letter-marks.ts'
import type { DeadLetter, Mark } from './dead-letter-types.ts'
import type { OutgoingRecord, RecordHeaders } from '../client/records.ts'

export type { Mark } from './dead-letter-types.ts'

const replayHeaders = 'orderpipeline-replay-'
/**
 * Part of the stage contract: a message with this header is for the stage it names and for no
 * other.
 */
export const replayStageHeader = `${replayHeaders}stage`
const countHeader = `${replayHeaders}count`

/**
 * A message that came back so often is parked: to replay it once more is a decision, not a routine.
 */
export const maxReplays = 3

export function forAnotherStage(headers: RecordHeaders, stage: string): boolean {
  const targetStage = headers[replayStageHeader]
  return targetStage !== undefined && targetStage !== stage
}

/** How often a message has been replayed, by its own headers. */
export function replaysOf(headers: RecordHeaders): number {
  const count = Number(headers[countHeader] ?? 0)
  return Number.isSafeInteger(count) && count >= 0 ? count : 0
}

export interface Replay {
  readonly letter: DeadLetter
  /** Instead of the value it has, when it was mended. */
  readonly value?: string | Buffer | undefined
  readonly by: string
  readonly at: Date
}

/**
 * @throws DeadLetterAddressError where the dead letter does not name the topic that it came from
 */
export function replayRecord({ letter: deadLetter, value, by, at }: Replay): OutgoingRecord {
  const { source, key, headers, id, stage, replays } = deadLetter
  if (source === undefined) throw new DeadLetterAddressError(`${id} does not name the topic that it came from`)
  return {
    topic: source.topic,
    key,
    value: value ?? deadLetter.value,
    headers: {
      ...headers,
      [replayStageHeader]: stage,
      [countHeader]: String(replays + 1),
      [`${replayHeaders}of`]: id,
      [`${replayHeaders}by`]: by,
      [`${replayHeaders}at`]: at.toISOString(),
    },
    // Without a key any partition would do; the message keeps the one that it was in.
    ...(key === null ? { partition: source.partition } : {}),
  }
}

/** A dead letter that a custom stage wrote without saying where its message came from. */
export class DeadLetterAddressError extends Error {
  override readonly name = 'DeadLetterAddressError'
  readonly reason = 'LetterUnaddressed'
  readonly retry = false
}

/**
 * Kafka cannot delete a single record, so what became of a dead letter is written behind it: into
 * its own partition, where retention, which cuts from the front, cannot delete the mark before the
 * dead letter.
 */
export function markRecord(deadLetter: DeadLetter, mark: Mark): OutgoingRecord {
  return {
    topic: deadLetter.topic,
    partition: deadLetter.partition,
    key: deadLetter.id,
    value: JSON.stringify(mark),
    headers: { [markHeader]: mark.action, 'content-type': 'application/json' },
  }
}
