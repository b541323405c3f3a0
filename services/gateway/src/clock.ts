// What time is it, to those who are not to ask by themselves?
export interface Clock {
  readonly now: () => Date
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number
}
