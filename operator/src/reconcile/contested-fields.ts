// Does somebody else write the same fields again and again? What was changed is put back at once;
// what is changed back each time, by a mutating webhook or another controller, is put back less and
// less often, and a person is told.
import { type Action, identity } from '../pipeline/index.ts'
import type { Outcome } from './perform.ts'

export interface ContestedFields {
  /** Without the repairs that are put off. */
  admit(key: string, actions: readonly Action[]): Action[]
  note(key: string, outcomes: readonly Outcome[]): void
  /** What is contested, for a person to read; empty when nothing is. */
  of(key: string): readonly string[]
  /** Milliseconds until the next repair that was put off. */
  waitMs(key: string): number | undefined
  forget(key: string): void
}

interface Contest {
  /** Where the object was not as asked. */
  readonly at: string
  readonly repairs: number
  /** No repair before. */
  readonly until: number
}

/** So many repairs of the same in a row are no accident. */
const leastRepairs = 3
const firstPauseMs = 60_000
const lastPauseMs = 30 * 60_000
/** A change so long after the last repair is a new one. */
const forgottenMs = 60 * 60_000

const pauseMs = (repairs: number): number =>
  repairs < leastRepairs ? 0 : Math.min(lastPauseMs, firstPauseMs * 2 ** (repairs - leastRepairs))

/**
 * `repaired`: each time that something is put back, by the kind of the object. `now` in
 * milliseconds.
 */
export const contestedFields = (
  now: () => number,
  repaired: (kind: string) => void = () => undefined,
): ContestedFields => {
  const known = new Map<string, Map<string, Contest>>()

  const isPutOff = (key: string, action: Action): boolean => {
    if (action.kind !== 'apply' || action.drifted === undefined) return false
    const contest = known.get(key)?.get(identity(action.object))
    return contest?.at === action.drifted.join() && now() < contest.until
  }

  const settle = (key: string): void => {
    const contested = known.get(key)
    for (const [id, { until }] of contested ?? []) if (now() - until > forgottenMs) contested?.delete(id)
    if (contested?.size === 0) known.delete(key)
  }

  const contestedOf = (key: string) => [...(known.get(key) ?? [])].filter(([, { repairs }]) => repairs >= leastRepairs)

  return {
    admit: (key, actions) => actions.filter((action) => !isPutOff(key, action)),
    note: (key, outcomes) => {
      for (const { action, failure, heldBy } of outcomes) {
        if (action.kind !== 'apply' || action.drifted === undefined || failure || heldBy) continue
        repaired(action.object.kind)
        const contested = known.get(key) ?? new Map<string, Contest>()
        const id = identity(action.object)
        const at = action.drifted.join()
        const last = contested.get(id)
        const repairs = last?.at === at && now() - last.until <= forgottenMs ? last.repairs + 1 : 1
        known.set(key, contested.set(id, { at, repairs, until: now() + pauseMs(repairs) }))
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
    forget: (key) => void known.delete(key),
  }
}
