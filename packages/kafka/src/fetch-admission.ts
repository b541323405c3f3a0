// When is a message of a fetched batch put in flight? When there is capacity for it; a suspect
// message when nothing else is in flight.
import type { EachBatchPayload } from 'kafkajs'
import { BatchAdmission } from './batch-admission.ts'
import type { PartitionOwnership } from './partition-ownership.ts'
import type { Failure } from './dead-letter.ts'
import type { Assignment, Assignments } from './assignments.ts'
import type { ConsumedRecord } from './records.ts'
import type { InFlightLimit } from './in-flight-limit.ts'
import { createTrialsInFlight } from './trials-in-flight.ts'

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
}

export function createFetchAdmission(options: FetchAdmissionOptions): (payload: EachBatchPayload) => Promise<void> {
  const trials = createTrialsInFlight(options.inFlightLimit, options.waitingForRetry)
  return async (payload) => {
    const { batch } = payload
    const assignment = options.assignments.current
    if (!assignment.owns(batch.topic, batch.partition)) return
    assignment.tracker.recordEnd(batch.topic, batch.partition, batch.highWatermark)
    await new BatchAdmission(options, trials, payload, assignment).run()
  }
}
