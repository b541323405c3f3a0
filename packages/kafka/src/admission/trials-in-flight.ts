// Which messages of suspect partitions are in flight alone, is anything else in flight, and do
// other batches end for those of the suspects?
import type { InFlightMessage } from './fetch-admission-options.ts'
import type { InFlightLimit } from './in-flight-limit.ts'
import type { Quarantine } from './quarantine.ts'

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
  /** `onlyAtWork`: a message that waits for its next try does not count. */
  nothingElse(onlyAtWork: boolean): boolean
  /** Whether one more message that is not of a trial may be taken. */
  mayTakeOthers(): boolean
  /**
   * Whether a batch that cannot go on is to end, with its partition paused, so that the suspects
   * are fetched. The client fetches again only when all batches of a fetch have ended; with a
   * backlog that is a minute, and longer than from one rebalance to the next.
   */
  suspectsFirst(): boolean
}

export interface TrialsOptions {
  readonly inFlightLimit: InFlightLimit
  readonly waitingForRetry: () => number
  readonly quarantine: () => Quarantine | undefined
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number
}

/**
 * The part of the messages in flight that may be at work while there are suspects. A trial waits
 * until they have ended, at each assignment and at each batch: with a thousand of them that took
 * longer than the trial.
 */
const partOfOthers = 1 / 8
/**
 * Other partitions are not fetched for so long, and so often: a suspect partition without messages
 * must not keep them waiting.
 */
const suspectsOnlyMs = 2_000
const everyMs = 15_000

export function createTrialsInFlight(options: TrialsOptions): TrialsInFlight {
  const { inFlightLimit, waitingForRetry, quarantine, clock } = options
  let lingering: InFlightMessage[] = []
  let fetchedAlone: { readonly of: Quarantine; readonly atMs: number } | undefined
  const atWork = (): number => inFlightLimit.inFlight - waitingForRetry()
  const lingeringAtWork = (): number => {
    lingering = lingering.filter(({ over }) => !over)
    return lingering.filter((message) => !message.waitsForRetry).length
  }
  const trials: TrialsInFlight = {
    count: 0,
    alone: false,
    linger: (messages) => {
      lingering.push(...messages)
    },
    nothingElse: (onlyAtWork) => {
      const working = lingeringAtWork()
      return onlyAtWork ? atWork() === working : inFlightLimit.inFlight === lingering.length
    },
    mayTakeOthers: () => {
      if (trials.count > 0) return false
      if (!quarantine()?.active) return true
      return atWork() - lingeringAtWork() < Math.ceil(inFlightLimit.max * partOfOthers)
    },
    suspectsFirst: () => {
      const current = quarantine()
      if (trials.count > 0 || !current?.hasSuspects) return false
      const sinceMs = fetchedAlone?.of === current ? clock() - fetchedAlone.atMs : Infinity
      if (sinceMs < everyMs) return sinceMs < suspectsOnlyMs
      fetchedAlone = { of: current, atMs: clock() }
      return true
    },
  }
  return trials
}
