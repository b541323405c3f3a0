// When may the next call be made, so that no more than so many a second are? Spaced out evenly,
// with a little burst after a rest.

export interface RateLimit {
  /**
   * Takes the next free place: milliseconds from now until the call that has this place may be
   * made.
   */
  take(nowMs: number): number
}

/**
 * `burst`: calls that may be made at once after a rest, those of 100 ms by default. A rate that
 * changes holds for the places that are taken after it has.
 */
export function createRateLimit(perSecond: number | (() => number), burst?: number): RateLimit {
  const rate = typeof perSecond === 'number' ? () => perSecond : perSecond
  let nextMs = -Infinity
  return {
    take: (nowMs) => {
      const spacingMs = 1_000 / rate()
      const places = burst ?? Math.max(1, Math.ceil(rate() / 10))
      nextMs = Math.max(nextMs, nowMs - (places - 1) * spacingMs)
      const waitMs = Math.max(0, nextMs - nowMs)
      nextMs += spacingMs
      return waitMs
    },
  }
}
