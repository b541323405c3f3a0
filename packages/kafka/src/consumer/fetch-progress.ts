// Do the fetches of a consumer still end? One whose fetches fail or hang sends heartbeats all the
// same, so the group leaves its partitions with it.

/** Each fetch may take half a minute and is tried again: this many have ended without an answer. */
const triesInVain = 3

interface Attempt {
  readonly since: number
  readonly starts: number
}

/** By node: a consumer has one fetch at a time at each broker. Times in milliseconds. */
export interface FetchProgress {
  started(nodeId: number): void
  /** The broker has answered, with messages or without. */
  answered(nodeId: number): void
  /** How long a broker that is asked again and again has not answered; 0 while all do. */
  stuckForMs(): number
  /** The consumer asks other brokers from now on. */
  reset(): void
}

export function fetchProgress(now: () => number): FetchProgress {
  const attempts = new Map<number, Attempt>()
  return {
    started: (nodeId) => {
      const { since, starts } = attempts.get(nodeId) ?? { since: now(), starts: 0 }
      attempts.set(nodeId, { since, starts: starts + 1 })
    },
    answered: (nodeId) => void attempts.delete(nodeId),
    stuckForMs: () =>
      [...attempts.values()]
        .filter(({ starts }) => starts >= triesInVain)
        .reduce((longest, { since }) => Math.max(longest, now() - since), 0),
    reset: () => attempts.clear(),
  }
}
