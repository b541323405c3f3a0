// When is a pipeline looked at again? A change wakes it anyway; this is for what no change announces.
import type { Problem } from '../api/index.ts'
import { ApiError } from '../kube/errors.ts'
import type { Outcome } from './perform.ts'

export type Next =
  /** There is no such pipeline any more. */
  | { readonly kind: 'gone' }
  /** Nothing to wait for but a change. */
  | { readonly kind: 'done' }
  | { readonly kind: 'after'; readonly ms: number }
  /** With growing pauses, at least this long. */
  | { readonly kind: 'retry'; readonly leastMs: number }

const foreignMs = 30_000

export const nextCheck = (
  problems: readonly Problem[],
  outcomes: readonly Outcome[],
  statusWaitMs: number | undefined,
): Next => {
  const failed = outcomes.filter(({ failure }) => failure !== undefined)
  if (problems.length === 0 && failed.length > 0) {
    const onlyForeign = failed.every(({ failure }) => failure?.reason === 'NotOwned')
    return { kind: 'retry', leastMs: onlyForeign ? foreignMs : retryAfterMs(failed) }
  }
  return statusWaitMs === undefined ? { kind: 'done' } : { kind: 'after', ms: statusWaitMs }
}

const retryAfterMs = (failed: readonly Outcome[]): number =>
  Math.max(0, ...failed.map(({ error }) => (error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0)))
