// Which names are taken by objects of others, according to the API server? Those objects do not
// carry our labels, so no watch shows them. They are checked again only at intervals, so that a
// refused object costs the reconciles in between nothing.
import { identity } from '../pipeline/index.ts'
import type { ActionOutcome } from './perform.ts'

export interface ForeignObjects {
  /** Owners by the identity of the object, for a person to read. */
  of(key: string): ReadonlyMap<string, string>
  note(key: string, outcomes: readonly ActionOutcome[]): void
  forget(key: string): void
}

/** How long an answer is valid. */
export const foreignObjectMs = 30_000

export function foreignObjects(now: () => number): ForeignObjects {
  const cache = new Map<string, Map<string, { readonly owner: string; readonly until: number }>>()
  return {
    of: (key) =>
      new Map(
        [...(cache.get(key) ?? [])].flatMap(([id, { owner, until }]) => (now() < until ? [[id, owner] as const] : [])),
      ),
    note: (key, outcomes) => {
      const owners = new Map([...(cache.get(key) ?? [])].filter(([, { until }]) => now() < until))
      for (const { action, owner } of outcomes)
        if (action.kind === 'create' && owner !== undefined)
          owners.set(identity(action.object), { owner, until: now() + foreignObjectMs })
      if (owners.size > 0) cache.set(key, owners)
      else cache.delete(key)
    },
    forget: (key) => void cache.delete(key),
  }
}
