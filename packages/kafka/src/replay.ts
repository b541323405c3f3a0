// How does a dead letter get back to the one stage that gave up on it? Into the topic it came from,
// under its key and so behind what its key has got meanwhile, with a header that names the stage:
// every other consumer of the topic passes it over (ADR 10).
import { markHeader } from './letter-marks.ts'
import type { DeadLetter, Mark } from './dead-letter-types.ts'
import type { OutgoingRecord, RecordHeaders } from './records.ts'

export type { Mark } from './dead-letter-types.ts'

const replayHeaders = 'orderpipeline-replay-'
/**
 * Part of the stage contract: a message with this header is for the stage it names and for no
 * other.
 */
export const replayStageHeader = `${replayHeaders}stage`
const countHeader = `${replayHeaders}count`

/**
 * A message that came back so often is parked: playing it once more is a decision, not a routine.
 */
export const maxReplays = 3

export const forAnotherStage = (headers: RecordHeaders, stage: string): boolean => {
  const wanted = headers[replayStageHeader]
  return wanted !== undefined && wanted !== stage
}

/** How often a message has been played again, by its own headers. */
export const replaysOf = (headers: RecordHeaders): number => {
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

/** @throws LetterUnaddressed where the letter does not say which topic it came from */
export function replayRecord({ letter, value, by, at }: Replay): OutgoingRecord {
  const { source, key, headers, id, stage, replays } = letter
  if (source === undefined) throw new DeadLetterUnaddressed(`${id} does not say which topic it came from`)
  return {
    topic: source.topic,
    key,
    value: value ?? letter.value,
    headers: {
      ...headers,
      [replayStageHeader]: stage,
      [countHeader]: String(replays + 1),
      [`${replayHeaders}of`]: id,
      [`${replayHeaders}by`]: by,
      [`${replayHeaders}at`]: at.toISOString(),
    },
    // Without a key any partition would do; the one it was in is the one whose neighbours it had.
    ...(key === null ? { partition: source.partition } : {}),
  }
}

/** A letter that a stage of one's own wrote without saying where its message came from. */
export class DeadLetterUnaddressed extends Error {
  override readonly name = 'LetterUnaddressed'
  readonly reason = 'LetterUnaddressed'
  readonly retry = false
}

/**
 * Kafka cannot strike one record out, so what became of a letter is written behind it: into its own
 * partition, where retention, which cuts from the front, cannot take the mark before the letter.
 */
export function markRecord(letter: DeadLetter, mark: Mark): OutgoingRecord {
  return {
    topic: letter.topic,
    partition: letter.partition,
    key: letter.id,
    value: JSON.stringify(mark),
    headers: { [markHeader]: mark.action, 'content-type': 'application/json' },
  }
}
