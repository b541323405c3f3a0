// What keeps inbox and outbox from growing forever? A stage deletes the inbox rows of messages that
// Kafka itself has deleted by then: a whole day at once, and row by row those that belong to no
// day.
//
// A published event is usually deleted from the outbox soon after. A process that dies between the
// commit of a message's offset and that deletion leaves its events behind: when partitions change
// hands, offsets cannot wait for the database.
import type { Queryable, Statement } from '@orderpipeline/postgres'
import type { PeriodicTask } from './periodic-tasks.ts'
import { dropInboxDay, makeInboxDays, pruneInbox, pruneOutbox } from './sql/prune.ts'

/** Rows in one statement: few enough that it never holds the stage's own inserts up. */
const rowsAtOnce = 5_000

export interface Pruned {
  /** Tables that were dropped as a whole. */
  readonly dropped: readonly string[]
  /** Messages of no day that were deleted row by row. */
  readonly messages: number
}

/** Several replicas may do it at once. @throws DatabaseError */
export async function prune(database: Queryable, keepHours: number): Promise<Pruned> {
  const dropped = await dropDays(database, keepHours)
  const messages = await inParts(database, pruneInbox, [keepHours])
  await inParts(database, pruneOutbox, [])
  return { dropped, messages }
}

/**
 * Creates the partitions of today and the next days, where they are missing. Returns the created
 * ones. @throws DatabaseError
 */
export async function makeDays(database: Queryable): Promise<readonly string[]> {
  const rows = await database.query<{ day: string }>(makeInboxDays)
  return rows.map(({ day }) => day)
}

/** Each in a transaction of its own, so that the inbox is locked for a moment at a time. */
async function dropDays(database: Queryable, keepHours: number): Promise<string[]> {
  for (const dropped: string[] = []; ;) {
    const [row] = await database.query<{ name: string | null }>(dropInboxDay, [keepHours])
    if (row?.name == null) return dropped
    dropped.push(row.name)
  }
}

async function inParts(database: Queryable, statement: Statement, values: readonly unknown[]): Promise<number> {
  for (let total = 0; ;) {
    const rows = await database.query(statement, [...values, rowsAtOnce])
    total += rows.length
    if (rows.length < rowsAtOnce) return total
  }
}

/**
 * For topics whose messages Kafka keeps for its default of seven days or less; a day more for
 * messages that wait in a long outage.
 */
export const shortestRetentionHours = 8 * 24
const mostKeptHours = 10 * 365 * 24

/** A day longer than Kafka keeps the messages: what cannot come again need not be recognized. */
export function inboxRetentionHours(retentionHours: number): number {
  return Math.min(Math.max(shortestRetentionHours, Math.ceil(retentionHours) + 24), mostKeptHours)
}

/**
 * `retentionHours`: called each time, since it can be changed. Where it fails nothing is deleted
 * this time.
 */
export function pruning(retentionHours: () => Promise<number>, everyMs: number): PeriodicTask {
  const run: PeriodicTask['run'] = async ({ database }) => {
    await makeDays(database)
    await prune(database, inboxRetentionHours(await retentionHours()))
  }
  return { name: 'inbox pruning', everyMs, run }
}
