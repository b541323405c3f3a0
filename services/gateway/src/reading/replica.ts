// What if the read replica is away? Then the primary answers, and the replica is left alone for some seconds: one request
// in a while waits for it in vain, not every one.
import { DatabaseError, type Queryable } from '@orderpipeline/kit-postgres'

const awayMs = 5_000

/** `now`: milliseconds that never go back. */
export function orElse(replica: Queryable, primary: Queryable, now: () => number): Queryable {
  let awayUntil = -Infinity
  return {
    query: async (statement, values) => {
      if (now() < awayUntil) return primary.query(statement, values)
      try {
        return await replica.query(statement, values)
      } catch (error) {
        if (!(error instanceof DatabaseError) || !error.retry) throw error
        awayUntil = now() + awayMs
        return primary.query(statement, values)
      }
    },
  }
}
