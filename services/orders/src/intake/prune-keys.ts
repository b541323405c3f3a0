// When is an idempotency key forgotten? With its generation, a table that is dropped once the
// youngest of its keys has been kept for as long as keys are kept
// (migrations/0014_keys_by_generation.sql). The gateway that relays does it, in parallel with its
// publications.
import type { Queryable } from '@orderpipeline/postgres'
import { beginKeyGeneration, dropKeyGeneration } from '../sql/idempotency-keys.ts'

/**
 * Returns how many generations were dropped. A generation takes in keys for half of the time that
 * they are kept, so that a key lives for one and a half times as long at most. @throws
 * DatabaseError
 */
export async function forgetKeys(database: Queryable, keptHours: number): Promise<number> {
  await database.query(beginKeyGeneration, [keptHours])
  for (let droppedCount = 0; ; droppedCount++) {
    const [row] = await database.query<{ name: string | null }>(dropKeyGeneration, [keptHours])
    if (row?.name == null) return droppedCount
  }
}
