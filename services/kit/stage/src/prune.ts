// What keeps the inbox from growing forever? Each replica forgets, now and then, what Kafka itself has forgotten by then.
import type { Queryable } from '@orderpipeline/kit-postgres'
import { pruneInbox } from './sql/prune.ts'

export interface PruningOptions {
  /** Longer than Kafka keeps messages: what cannot come again need not be recognized. */
  readonly keepHours: number
  readonly everyMs: number
  readonly onError: (error: unknown) => void
  readonly random?: () => number
}

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

/** The first time after a part of the interval by chance, so that a hundred replicas do not prune at once. */
export function startPruning(database: Queryable, options: PruningOptions): { stop(): void } {
  const { everyMs, keepHours, onError, random = Math.random } = options
  let timer: NodeJS.Timeout
  let stopped = false
  const next = (ms: number): void => {
    timer = setTimeout(() => {
      void prune(database, keepHours)
        .catch(onError)
        .finally(() => {
          if (!stopped) next(everyMs)
        })
    }, ms)
    timer.unref()
  }
  next(everyMs * random())
  return {
    stop: () => {
      stopped = true
      clearTimeout(timer)
    },
  }
}
