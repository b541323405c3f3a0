// When is a pipeline reconciled again? A change requeues it anyway; this is for what no change
// announces.
import type { Problem } from '../api/index.ts'
import { ApiError } from '../kube/errors.ts'
import type { ActionOutcome } from './perform.ts'
import { foreignObjectMs } from './foreign-objects.ts'

export type Next =
  /** The pipeline does not exist any more. */
  | { readonly kind: 'gone' }
  /** Nothing to wait for but a change. */
  | { readonly kind: 'done' }
  | { readonly kind: 'after'; readonly ms: number }
  /** With a growing backoff, at least this long. */
  | { readonly kind: 'retry'; readonly leastMs: number }
  /** The figures alone do not decide what to do: everything is looked at next. */
  | { readonly kind: 'whole' }

export function nextCheck(
  problems: readonly Problem[],
  outcomes: readonly ActionOutcome[],
  statusWaitMs: number | undefined,
): Next {
  const failedOutcomes = outcomes.filter(({ failure }) => failure !== undefined)
  const retryable = failedOutcomes.filter(({ failure }) => failure?.reason !== 'NotOwned')
  if (problems.length === 0 && retryable.length > 0) return { kind: 'retry', leastMs: retryAfterMs(retryable) }
  // A refused object is no reason to back off: everything else of the pipeline is repaired as soon
  // as before.
  const waits = [
    ...(failedOutcomes.length > 0 ? [foreignObjectMs] : []),
    ...(statusWaitMs === undefined ? [] : [statusWaitMs]),
  ]
  return waits.length === 0 ? { kind: 'done' } : { kind: 'after', ms: Math.min(...waits) }
}

/** Reconciled again after `ms` at the latest; a retry keeps its own backoff. */
export function atLatest(next: Next, ms: number): Next {
  switch (next.kind) {
    case 'done':
      return { kind: 'after', ms }
    case 'after':
      return { kind: 'after', ms: Math.min(next.ms, ms) }
    case 'gone':
    case 'retry':
    case 'whole':
      return next
  }
}

function retryAfterMs(failed: readonly ActionOutcome[]): number {
  return Math.max(
    0,
    ...failed.map(({ error }) => (error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0)),
  )
}
