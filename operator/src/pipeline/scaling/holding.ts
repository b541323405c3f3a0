// Does a stage hold? It handles nothing although messages wait: a circuit breaker is open, or its
// database is not available. More replicas would wait as well, and would all call at once when the
// component is back.
import type { UsefulReplicasSample } from './useful-replicas.ts'

export interface Holding {
  readonly last?: Pick<UsefulReplicasSample, 'at' | 'handled'>
  /** Since when nothing has been handled though there were messages and members. */
  readonly since?: number
}

/** A rebalance and the next fetch take less than this. */
const leastMs = 30_000
/** A stage with long messages may end none for this many times its work per message. */
const leastWorks = 3

export function withHoldingSample(before: Holding, { at, handled, members, lag }: UsefulReplicasSample): Holding {
  const { last } = before
  const next = { last: { at, handled } }
  if (!last || handled !== last.handled || members === 0 || lag === 0) return next
  return { ...next, since: before.since ?? last.at }
}

/** `workSeconds`: busy seconds per message. */
export function isHolding({ last, since }: Holding, workSeconds: number): boolean {
  return (
    last !== undefined && since !== undefined && last.at - since >= Math.max(leastMs, leastWorks * workSeconds * 1_000)
  )
}
