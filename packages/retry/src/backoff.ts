// How long is the wait before the next attempt, and how are many replicas kept from making theirs
// at the same moment? Pure.

export interface Backoff {
  /** The longest wait before the second attempt. */
  readonly firstMs: number
  readonly maxMs: number
}

/** More doublings lead beyond any bound, and at last out of the range of numbers. */
const mostDoublings = 30

/**
 * The wait after so many failures in a row, 1 or more: it doubles with each up to the bound, and
 * half of it is random, so that replicas that failed together do not come back together.
 */
export function backoffMs(failures: number, { firstMs, maxMs }: Backoff, random: () => number = Math.random): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(Math.max(0, failures - 1), mostDoublings))
  return full / 2 + (full / 2) * random()
}

/**
 * A period that varies by `share` to either side, so that many replicas do not act at the same
 * moment. Its mean is `ms`.
 */
export function jitteredMs(ms: number, random: () => number = Math.random, share = 0.2): number {
  return ms * (1 - share + 2 * share * random())
}
