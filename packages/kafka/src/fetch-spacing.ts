// When is a replica's next fetch due? Messages that come in between share a fetch, a transaction
// and a publication, which cost twice as much as the work on a message itself.

export interface FetchSpacingBounds {
  /** From one fetch that brought messages to the next, milliseconds, where few come. */
  readonly leastMs: number
  /** Where `fullRate` or more come; in between the time grows with the rate. */
  readonly mostMs: number
  /** Messages a second of this replica. */
  readonly fullRate: number
}

/**
 * An order is fetched seven times until it is shipped: in the mean it waits for less than a second
 * for these where load is highest, and for next to nothing where it is light. At the full rate five
 * messages share what a group costs.
 */
export const usualSpacing: FetchSpacingBounds = { leastMs: 50, mostMs: 250, fullRate: 20 }

/** The rate is that of about so long, in seconds. */
const remembered = 3

export interface FetchSpacing {
  /** A fetch has brought messages of a partition. `behind`: the broker holds more of it. */
  brought(messages: number, behind: boolean): void
  /** The next fetch begins: whether the broker holds more is to be seen anew. */
  fetching(): void
  /** From the last fetch to the next. */
  readonly ms: number
}

/** `now` gives milliseconds. */
export function fetchSpacing({ leastMs, mostMs, fullRate }: FetchSpacingBounds, now: () => number): FetchSpacing {
  let seen = 0
  let seenAt = now()
  let anyBehind = false
  const decayed = (): number => seen * Math.exp((seenAt - now()) / (remembered * 1_000))
  return {
    brought: (messages, behind) => {
      seen = decayed() + messages
      seenAt = now()
      anyBehind ||= behind
    },
    fetching: () => {
      anyBehind = false
    },
    get ms() {
      // A wait would leave the replica idle while there is work.
      if (anyBehind) return 0
      const rate = decayed() / remembered
      return Math.max(leastMs, Math.min(mostMs, (mostMs * rate) / fullRate))
    },
  }
}
