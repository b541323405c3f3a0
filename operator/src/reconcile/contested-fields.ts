// Does another client write the same fields again and again? Drift is repaired at once. A field
// that is changed back each time, by a mutating webhook or another controller, is repaired less and
// less often, and the status reports it.
import { backoffMs } from '@orderpipeline/retry'
import { identity } from '../pipeline/index.ts'
import type { Action } from '../pipeline/index.ts'
import type { ActionOutcome } from './perform.ts'

export interface ContestedFields {
  /** Without the repairs that are delayed. */
  admit(key: string, actions: readonly Action[]): Action[]
  note(key: string, outcomes: readonly ActionOutcome[]): void
  /** What is contested, for a person to read; empty when nothing is. */
  of(key: string): readonly string[]
  /** Milliseconds until the next delayed repair. */
  waitMs(key: string): number | undefined
  forget(key: string): void
}

interface Contest {
  /** Where the object differed from the desired one. */
  readonly at: string
  readonly repairs: number
  /** No repair before. */
  readonly until: number
}

/** This many repairs of the same field in a row are no accident. */
const leastRepairs = 3
const pauseBounds = { firstMs: 60_000, maxMs: 30 * 60_000 }
/** A change this long after the last repair is a new one. */
const forgottenMs = 60 * 60_000

/** Nothing of it is random: the other side of the contest is no replica of ours. */
function pauseMs(repairs: number): number {
  return repairs < leastRepairs ? 0 : backoffMs(repairs - leastRepairs + 1, pauseBounds, () => 1)
}

/** `repaired`: called at each repair, with the kind of the object. `now` in milliseconds. */
export function contestedFields(
  now: () => number,
  repaired: (kind: string) => void = () => undefined,
): ContestedFields {
  const contestsByPipeline = new Map<string, Map<string, Contest>>()

  const isDelayed = (key: string, action: Action): boolean => {
    if (action.kind !== 'apply' || action.drifted === undefined) return false
    const contest = contestsByPipeline.get(key)?.get(identity(action.object))
    return contest?.at === action.drifted.join() && now() < contest.until
  }

  const settle = (key: string): void => {
    const contests = contestsByPipeline.get(key)
    for (const [id, { until }] of contests ?? []) if (now() - until > forgottenMs) contests?.delete(id)
    if (contests?.size === 0) contestsByPipeline.delete(key)
  }

  const contestedOf = (key: string) =>
    [...(contestsByPipeline.get(key) ?? [])].filter(([, { repairs }]) => repairs >= leastRepairs)

  return {
    admit: (key, actions) => actions.filter((action) => !isDelayed(key, action)),
    note: (key, outcomes) => {
      for (const { action, failure, deferredBy } of outcomes) {
        if (action.kind !== 'apply' || action.drifted === undefined || failure || deferredBy) continue
        repaired(action.object.kind)
        const contests = contestsByPipeline.get(key) ?? new Map<string, Contest>()
        const id = identity(action.object)
        const at = action.drifted.join()
        const last = contests.get(id)
        const repairs = last?.at === at && now() - last.until <= forgottenMs ? last.repairs + 1 : 1
        contestsByPipeline.set(key, contests.set(id, { at, repairs, until: now() + pauseMs(repairs) }))
      }
      settle(key)
    },
    of: (key) =>
      contestedOf(key).map(
        ([id, { at }]) =>
          `${id.replace('/', ' ')} is changed back at ${at} each time that it is repaired, by a mutating webhook or another controller (its managedFields say which): it is repaired less often now`,
      ),
    waitMs: (key) => {
      const waits = contestedOf(key).flatMap(([, { until }]) => (until > now() ? until - now() : []))
      return waits.length === 0 ? undefined : Math.min(...waits)
    },
    forget: (key) => void contestsByPipeline.delete(key),
  }
}
