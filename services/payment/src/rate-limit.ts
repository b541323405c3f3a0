// When may the next call be made, so that no more than so many a second are? Spaced out evenly, with a little burst after a rest.

export interface RateLimit {
  /** Milliseconds until the call that takes this place may be made. */
  take(nowMs: number): number
}

/** `burst`: calls that may be made at once after a rest. */
export function createRateLimit(perSecond: number, burst = Math.max(1, Math.ceil(perSecond / 10))): RateLimit {
  const spacingMs = 1_000 / perSecond
  let nextMs = -Infinity
  return {
    take: (nowMs) => {
      nextMs = Math.max(nextMs, nowMs - (burst - 1) * spacingMs)
      const waitMs = Math.max(0, nextMs - nowMs)
      nextMs += spacingMs
      return waitMs
    },
  }
}
