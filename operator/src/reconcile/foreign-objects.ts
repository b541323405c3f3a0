// Which names did the API server say are taken by objects of others? Those do not carry our labels,
// so no watch shows them. They are asked for again only now and then, so that a refused object
// costs the passes in between nothing.
import { identity } from '../pipeline/index.ts'
import type { Outcome } from './perform.ts'

export interface ForeignObjects {
  /** Owners by the identity of the object, for a person to read. */
  of(key: string): ReadonlyMap<string, string>
  note(key: string, outcomes: readonly Outcome[]): void
  forget(key: string): void
}

/** How long an answer is good for. */
export const strangerMs = 30_000

export const foreignObjects = (now: () => number): ForeignObjects => {
  const seen = new Map<string, Map<string, { readonly owner: string; readonly until: number }>>()
  return {
    of: (key) =>
      new Map(
        [...(seen.get(key) ?? [])].flatMap(([id, { owner, until }]) => (now() < until ? [[id, owner] as const] : [])),
      ),
    note: (key, outcomes) => {
      const found = new Map([...(seen.get(key) ?? [])].filter(([, { until }]) => now() < until))
      for (const { action, owner } of outcomes)
        if (action.kind === 'create' && owner !== undefined)
          found.set(identity(action.object), { owner, until: now() + strangerMs })
      if (found.size > 0) seen.set(key, found)
      else seen.delete(key)
    },
    forget: (key) => void seen.delete(key),
  }
}
