// What is a dead letter, and what may become of it? Types only.
import type { RecordHeaders } from '../client/records.ts'

export type DeadLetterAction = 'replayed' | 'discarded'
/** `parked`: open, but replayed so often that only force moves it. */
export type DeadLetterState = 'open' | 'parked' | DeadLetterAction

export interface DeadLetter {
  /** `<stage>/<partition>/<offset>` of the dead-letter topic: never used twice. */
  readonly id: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly stage: string
  readonly reason: string
  /** The error's class. */
  readonly error: string | undefined
  /** What the error said about trying again: `never`, `retry` or `unknown`. */
  readonly verdict: string | undefined
  readonly message: string
  readonly stack: string
  readonly attempts: number
  /** RFC 3339. */
  readonly at: string
  /** Where the message was; absent where a stage did not write it down. */
  readonly source:
    | { readonly topic: string; readonly partition: number; readonly offset: string; readonly timestamp: number }
    | undefined
  /** The message as it came. */
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: RecordHeaders
  /** Bytes of a message that was too large to be kept here; it is at its source. */
  readonly omittedBytes?: number
  /** How often the message had been replayed before it came here. */
  readonly replays: number
  readonly state: DeadLetterState
  /** What was done with it, in order. */
  readonly history: readonly Mark[]
}

export interface Mark {
  readonly letter: string
  readonly action: DeadLetterAction
  readonly by: string
  /** RFC 3339. */
  readonly at: string
  readonly edited?: boolean
  readonly forced?: boolean
}
