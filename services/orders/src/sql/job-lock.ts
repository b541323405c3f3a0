// How do replicas agree who sees to something that one of them has to do now and then? By the lock
// of its row in `sweeps`.
import type { Statement } from '@orderpipeline/postgres'

export interface JobLockStatements {
  /**
   * No row: another replica is running the job, or ran it a moment ago. The lock is released when
   * the transaction ends, however it ends.
   */
  readonly tryLock: Statement
  /** $1: seconds until any replica looks again. */
  readonly reschedule: Statement
}

/** `name`: the name of its row, which a migration makes. */
export function jobLock(name: 'deadlines' | 'months' | 'counting' | 'refunds' | 'holds'): JobLockStatements {
  return {
    tryLock: {
      name: `orders.lock-${name}`,
      text: `SELECT name FROM sweeps WHERE name = '${name}' AND due_at <= now() FOR NO KEY UPDATE SKIP LOCKED`,
    },
    reschedule: {
      name: `orders.reschedule-${name}`,
      text: `UPDATE sweeps SET due_at = now() + make_interval(secs => $1) WHERE name = '${name}'`,
    },
  }
}
