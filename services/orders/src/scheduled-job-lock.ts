// How do replicas agree who sees to something that one of them has to do now and then? By the lock
// of its row in `sweeps`.
import type { Statement } from '@orderpipeline/postgres'

export interface SweepStatements {
  /**
   * No row: another replica is at it, or has been a moment ago. Let go when the transaction ends,
   * however it ends.
   */
  readonly lead: Statement
  /** $1: seconds until anybody looks again. */
  readonly putOff: Statement
}

/** `name`: of its row, which a migration makes. */
export function sweep(name: 'deadlines' | 'months' | 'counting' | 'refunds'): SweepStatements {
  return {
    lead: {
      name: `${name}.lead`,
      text: `SELECT name FROM sweeps WHERE name = '${name}' AND due_at <= now() FOR NO KEY UPDATE SKIP LOCKED`,
    },
    putOff: {
      name: `${name}.put-off`,
      text: `UPDATE sweeps SET due_at = now() + make_interval(secs => $1) WHERE name = '${name}'`,
    },
  }
}
