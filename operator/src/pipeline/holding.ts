// Does a stage hold? It handles nothing although messages wait: a circuit breaker is open, its
// database is away. More replicas would wait with those there are, and call at once when what is
// away comes back.
import type { KneeSample } from './scale-knee.ts'

export interface Holding {
  readonly last?: Pick<KneeSample, 'at' | 'handled'>
  /** Since when nothing has been handled though messages waited and members were there. */
  readonly since?: number
}

/** A rebalance and the next fetch take less. */
const leastMs = 30_000
/** A stage whose messages take long ends none for as long. */
const leastWorks = 3

export function withHoldingSample(known: Holding, { at, handled, members, lag }: KneeSample): Holding {
  const { last } = known
  const seen = { last: { at, handled } }
  if (!last || handled !== last.handled || members === 0 || lag === 0) return seen
  return { ...seen, since: known.since ?? last.at }
}

/** `workSeconds`: what a message takes. */
export const isHolding = ({ last, since }: Holding, workSeconds: number): boolean =>
  last !== undefined && since !== undefined && last.at - since >= Math.max(leastMs, leastWorks * workSeconds * 1_000)
