// When is an idempotency key forgotten? Once it is older than it is kept, a small batch at a time, by whoever relays:
// nobody else does the same work, and the relay is never held up by more than one batch.
import type { Queryable } from '@orderpipeline/kit-postgres'

export interface KeyPruning {
  /** Looks when it is time to; says how many keys are gone. @throws DatabaseError */
  pruneIfDue(database: Queryable): Promise<number>
}

const rowsAtOnce = 1_000
/** With nothing left to prune, and with more to prune than one batch. */
const [idleMs, busyMs] = [60_000, 1_000]

/** `now`: milliseconds that never go back. */
export function keyPruning(keepHours: number, now: () => number): KeyPruning {
  let dueAt = -Infinity
  return {
    pruneIfDue: async (database) => {
      if (now() < dueAt) return 0
      dueAt = now() + idleMs
      const gone = await database.query(pruneKeys, [keepHours, rowsAtOnce])
      if (gone.length === rowsAtOnce) dueAt = now() + busyMs
      return gone.length
    },
  }
}

/** $1: hours they are kept; $2: rows at most. */
const pruneKeys = {
  name: 'intake_prune_keys',
  text: `
DELETE FROM idempotency_keys
WHERE (customer_id, idempotency_key) IN (
  SELECT customer_id, idempotency_key
  FROM idempotency_keys
  WHERE created_at < now() - $1::float8 * interval '1 hour'
  LIMIT $2
  FOR UPDATE SKIP LOCKED
)
RETURNING order_id`,
}
