// Which messages of suspect partitions are in flight alone, and is anything else in flight?
import type { InFlightMessage } from './fetch-admission-options.ts'
import type { InFlightLimit } from './in-flight-limit.ts'

export interface TrialsInFlight {
  /** Batches with a trial: its messages are in flight alone, or are to be next. */
  count: number
  /** Messages of a trial are in flight, and others wait for them. */
  alone: boolean
  /**
   * Messages of a trial were alone for so long that others no longer wait for them: a message that
   * blocks only itself must not stop all others.
   */
  linger(messages: readonly InFlightMessage[]): void
  /** `atWork`: a message that only waits for its next try does not count. */
  nothingElse(atWork: boolean): boolean
}

export function createTrialsInFlight(inFlightLimit: InFlightLimit, waitingForRetry: () => number): TrialsInFlight {
  let lingering: InFlightMessage[] = []
  return {
    count: 0,
    alone: false,
    linger: (messages) => {
      lingering.push(...messages)
    },
    nothingElse: (atWork) => {
      lingering = lingering.filter(({ over }) => !over)
      if (!atWork) return inFlightLimit.inFlight === lingering.length
      const working = lingering.filter((message) => !message.waitsForRetry).length
      return inFlightLimit.inFlight - waitingForRetry() === working
    },
  }
}
