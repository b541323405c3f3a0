// When is a message of a fetched batch put in flight? When there is capacity for it; a suspect
// message when nothing else is in flight.
import type { EachBatchPayload } from 'kafkajs'
import { BatchAdmission } from './batch-admission.ts'
import type { FetchAdmissionOptions } from './fetch-admission-options.ts'
import { createTrialsInFlight } from './trials-in-flight.ts'

export function createFetchAdmission(options: FetchAdmissionOptions): (payload: EachBatchPayload) => Promise<void> {
  const trials = createTrialsInFlight({
    inFlightLimit: options.inFlightLimit,
    waitingForRetry: options.waitingForRetry,
    quarantine: () => options.ownership.quarantine,
    clock: () => performance.now(),
  })
  return async (payload) => {
    const { batch } = payload
    const assignment = options.assignments.current
    if (!assignment.owns(batch.topic, batch.partition)) return
    assignment.tracker.recordEnd(batch.topic, batch.partition, batch.highWatermark)
    await new BatchAdmission(options, trials, payload, assignment).run()
  }
}
