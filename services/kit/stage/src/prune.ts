// What keeps inbox and outbox from growing forever? Each replica forgets, now and then, what Kafka itself has forgotten by then.
//
// A published event is deleted from the outbox soon after, mostly. A process that dies between the commit of a message's offset and that
// leaves its events behind: when partitions change hands, offsets cannot wait for the database.
import type { Queryable, Statement } from '@orderpipeline/kit-postgres'
import type { Chore } from './chores.ts'
import { pruneInbox, pruneOutbox } from './sql/prune.ts'

/** Rows in one statement: few enough that it never holds the stage's own inserts up. */
const rowsAtOnce = 5_000

/** Deletes what is older, a part at a time, and what was kept for it. Returns how many messages. @throws DatabaseError */
export async function prune(database: Queryable, keepHours: number): Promise<number> {
  const messages = await inParts(database, pruneInbox, [keepHours])
  await inParts(database, pruneOutbox, [])
  return messages
}

async function inParts(database: Queryable, statement: Statement, values: readonly unknown[]): Promise<number> {
  for (let total = 0; ;) {
    const rows = await database.query(statement, [...values, rowsAtOnce])
    total += rows.length
    if (rows.length < rowsAtOnce) return total
  }
}

/** `keepHours`: longer than Kafka keeps messages, for what cannot come again need not be recognized. */
export function pruning(keepHours: number, everyMs: number): Chore {
  return { name: 'inbox pruning', everyMs, run: ({ database }) => prune(database, keepHours) }
}
