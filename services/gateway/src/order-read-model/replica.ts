// What if the read replica is unavailable? Then a reader learns so at once and asks the primary,
// and the replica is left alone for some seconds: one request in a while waits for it in vain, not
// every one.
import { DatabaseError } from '@orderpipeline/postgres'
import type { Queryable } from '@orderpipeline/postgres'

export interface ReadReplica {
  /**
   * An older state; `undefined` while the replica is unavailable. @throws DatabaseError for a wrong
   * query
   */
  ask<Found>(read: (from: Queryable) => Promise<Found>): Promise<Found | undefined>
}

const awayMs = 5_000

/** `now`: milliseconds that never go back. */
export function readReplica(database: Queryable, now: () => number): ReadReplica {
  let awayUntil = -Infinity
  return {
    ask: async (read) => {
      if (now() < awayUntil) return undefined
      try {
        return await read(database)
      } catch (error) {
        if (!(error instanceof DatabaseError) || !error.retry) throw error
        awayUntil = now() + awayMs
        return undefined
      }
    },
  }
}
