// When is a replica's next fetch due? Messages that come in between share a fetch, a transaction
// and a publication, which cost twice as much as the work on a message itself.
import type { ProcessorWait } from './processor-wait.ts'

export interface FetchSpacingBounds {
  /** From one fetch that brought messages to the next, milliseconds, where few come. */
  readonly leastMs: number
  /** Where `fullRate` or more come; in between the time grows with the rate. */
  readonly mostMs: number
  /** Messages a second of this replica. */
  readonly fullRate: number
}

/**
 * An order is fetched seven times until it is shipped. On average it waits in these intervals for
 * less than a second where load is highest, and for next to nothing where load is light. At the
 * full rate five messages share the cost of a group.
 */
export const usualSpacing: FetchSpacingBounds = { leastMs: 50, mostMs: 250, fullRate: 20 }

/** The rate is an average over about this many seconds. */
const windowSeconds = 3

/** No time between fetches grows beyond this for want of processors. */
const longestMs = 1_000

export interface FetchSpacing {
  /** A fetch has brought messages of a partition. `behind`: the broker holds more of it. */
  recordResult(messages: number, behind: boolean): void
  /** The next fetch begins; it shows again whether the broker holds more. */
  fetching(): void
  /** From the last fetch to the next. */
  readonly ms: number
}

/**
 * `now` gives milliseconds. Where this process waits for a processor for longer than it has one,
 * the times grow: fewer groups cost less of what is short.
 */
export function fetchSpacing(
  { leastMs, mostMs, fullRate }: FetchSpacingBounds,
  now: () => number,
  processorWait?: Pick<ProcessorWait, 'contention'>,
): FetchSpacing {
  let count = 0
  let countedAt = now()
  let anyBehind = false
  const decayedCount = (): number => count * Math.exp((countedAt - now()) / (windowSeconds * 1_000))
  return {
    recordResult: (messages, behind) => {
      count = decayedCount() + messages
      countedAt = now()
      anyBehind ||= behind
    },
    fetching: () => {
      anyBehind = false
    },
    get ms() {
      // A wait would leave the replica idle while there is work.
      if (anyBehind) return 0
      const rate = decayedCount() / windowSeconds
      const usualMs = Math.max(leastMs, Math.min(mostMs, (mostMs * rate) / fullRate))
      return Math.min(Math.max(longestMs, usualMs), usualMs * Math.max(1, processorWait?.contention() ?? 0))
    },
  }
}
