// What keeps inbox and outbox from growing forever? A stage forgets what Kafka itself has forgotten
// by then: a day of its inbox at once, and row by row what belongs to no day.
//
// A published event is deleted from the outbox soon after, mostly. A process that dies between the
// commit of a message's offset and that leaves its events behind: when partitions change hands,
// offsets cannot wait for the database.
import type { Queryable, Statement } from '@orderpipeline/postgres'
import type { PeriodicTask } from './periodic-tasks.ts'
import { dropInboxDay, makeInboxDays, pruneInbox, pruneOutbox } from './sql/prune.ts'

/** Rows in one statement: few enough that it never holds the stage's own inserts up. */
const rowsAtOnce = 5_000

export interface Pruned {
  /** Tables that were dropped whole. */
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
 * Today's and the next days' partitions, where they are missing. Returns those made. @throws
 * DatabaseError
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
 * Where Kafka keeps messages for its default of seven days or less; a day more for what waits in a
 * long outage.
 */
export const leastKeptHours = 8 * 24
const mostKeptHours = 10 * 365 * 24

/** A day longer than Kafka keeps the messages: what cannot come again need not be recognized. */
export function keptHours(retentionHours: number): number {
  return Math.min(Math.max(leastKeptHours, Math.ceil(retentionHours) + 24), mostKeptHours)
}

/**
 * `retentionHours`: asked each time, since it can be changed. Where that fails nothing is forgotten
 * this time.
 */
export function pruning(retentionHours: () => Promise<number>, everyMs: number): PeriodicTask {
  const run: PeriodicTask['run'] = async ({ database }) => {
    await makeDays(database)
    await prune(database, keptHours(await retentionHours()))
  }
  return { name: 'inbox pruning', everyMs, run }
}
