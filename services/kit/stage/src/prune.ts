// What keeps the inbox from growing forever? Each replica forgets, now and then, what Kafka itself has forgotten by then.
import type { Queryable } from '@orderpipeline/kit-postgres'
import type { Chore } from './chores.ts'
import { pruneInbox } from './sql/prune.ts'

/** Rows in one statement: few enough that it never holds the stage's own inserts up. */
const rowsAtOnce = 5_000

/** Deletes what is older, a part at a time. Returns how many rows. @throws DatabaseError */
export async function prune(database: Queryable, keepHours: number): Promise<number> {
  for (let total = 0; ;) {
    const rows = await database.query(pruneInbox, [keepHours, rowsAtOnce])
    total += rows.length
    if (rows.length < rowsAtOnce) return total
  }
}

/** `keepHours`: longer than Kafka keeps messages, for what cannot come again need not be recognized. */
export function pruning(keepHours: number, everyMs: number): Chore {
  return { name: 'inbox pruning', everyMs, run: ({ database }) => prune(database, keepHours) }
}
