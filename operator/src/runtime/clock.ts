// Which clocks does the operator use? A monotonic one for durations, and the time of day for dates
// in statuses and logs. The code gets a Clock as a parameter; only main.ts uses `systemClock`, and
// tests may pass their own.

export interface Clock {
  /**
   * Milliseconds, for durations only: never set back or forward. It may stand still while the
   * machine sleeps.
   */
  readonly now: () => number
  /** Milliseconds since 1970, for dates that are stored. */
  readonly wall: () => number
  /** From 0 up to 1, for jitter. */
  readonly random: () => number
}

/** `now` begins near the time of day, so that 0 is long ago on it too. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  wall: Date.now,
  random: Math.random,
}
