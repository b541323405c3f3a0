// What does an error thrown by a stage's work say about trying again?

/**
 * `outage`: a component that all messages need is away; wait for it, blame no message. `retry`: may
 * pass by itself; a bounded number of tries. `never`: the message is at fault. `unknown`: the error
 * does not say; treated as `retry`, one message at a time.
 */
export type FailureVerdict = 'outage' | 'retry' | 'never' | 'unknown'

/** Reads the fields our error classes carry: `outage`, then `retry`. */
export function failureVerdict(error: unknown): FailureVerdict {
  if (typeof error !== 'object' || error === null) return 'unknown'
  if ('outage' in error && error.outage === true) return 'outage'
  if ('retry' in error && typeof error.retry === 'boolean') return error.retry ? 'retry' : 'never'
  return 'unknown'
}

/**
 * An outage that may concern some messages only: `lock`, another transaction holds what they need;
 * `time`, their work takes too long, which may be the trouble of all messages or their own.
 */
export type Stall = 'lock' | 'time'

/** Reads `stall`, which only outages carry. */
export function stallOf(error: unknown): Stall | undefined {
  if (typeof error !== 'object' || error === null || !('stall' in error)) return undefined
  return error.stall === 'lock' || error.stall === 'time' ? error.stall : undefined
}

export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
