// How does a part of the gateway learn the time? main.ts gives it this: no part reads the system's
// clock itself, so that a test can set it.
export interface Clock {
  readonly now: () => Date
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number
}
