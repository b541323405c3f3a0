// What time is it? Durations are measured on a clock that is never set; what people and other
// processes read has the time of day.

export interface Clock {
  /**
   * Milliseconds, for durations only: never set back or forward. It may stand still while the
   * machine sleeps.
   */
  readonly now: () => number
  /** Milliseconds since 1970, for what is written down. */
  readonly wall: () => number
  /** From 0 up to 1. */
  readonly random: () => number
}

/** `now` begins near the time of day, so that 0 is long ago on it too. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  wall: Date.now,
  random: Math.random,
}
