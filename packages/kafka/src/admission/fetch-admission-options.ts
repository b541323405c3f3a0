// What does the admission of fetched messages need, and what does it see of a message in flight?
// Types only.
import type { Assignment, Assignments } from '../consumer/assignments.ts'
import type { Failure } from '../dead-letters/dead-letter.ts'
import type { InFlightLimit } from './in-flight-limit.ts'
import type { PartitionOwnership } from './partition-ownership.ts'
import type { ConsumedRecord } from '../client/records.ts'

export interface FetchAdmissionOptions {
  readonly inFlightLimit: InFlightLimit
  readonly assignments: Pick<Assignments, 'current' | 'flush' | 'scheduleCommit'>
  readonly ownership: PartitionOwnership
  readonly hold: (() => boolean) | undefined
  readonly draining: AbortSignal
  /** `failure`: the message is not to be handled, and why. */
  readonly accept: (record: ConsumedRecord, assignment: Assignment, failure?: Failure) => InFlightMessage
  /** Messages in flight that only wait for their next attempt. */
  readonly waitingForRetry: () => number
  /** How long other messages wait for those of a trial, which are in flight alone. */
  readonly trialTimeoutMs?: number
  readonly maxBehindFirst?: number
}

export interface InFlightMessage {
  /** Done, or left to redelivery. */
  readonly over: boolean
  /** It only waits for its next try, or for that of an earlier message of its key. */
  readonly waitsForRetry: boolean
  /** How often it has been tried, and has failed. */
  readonly failedTries: number
}
