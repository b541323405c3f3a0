// What becomes of an order that waits too long for anybody? It is cancelled as if its customer had called it back, and everyone gives
// back what they had taken for it.
//
// Whichever replica first finds the row of the sweep due leads it, by that row's lock, and puts it off for all of them when nothing is
// left. Orders that a message is just changing are passed over, since they are not waiting.
import type { Pool } from '@orderpipeline/kit-postgres'
import type { Chore } from '@orderpipeline/kit-stage'
import type { OrderRow } from '../cancellation/sql.ts'
import { writeCancellations } from '../cancellation/write.ts'
import { lead, overdueOrders, putOff } from './sql.ts'

/** Seconds an order may stay in a state. */
export interface Deadlines {
  /** For the orders service to price it. */
  readonly placedSeconds: number
  /** For stock and payment. */
  readonly processingSeconds: number
  /** For shipping. */
  readonly confirmedSeconds: number
}

export interface Sweep {
  readonly deadlines: Deadlines
  /** Between two looks of anybody. */
  readonly everySeconds: number
  readonly now: () => Date
  readonly keyedByOrder: (topic: string) => boolean
}

/** Orders in one transaction: few enough that none of them holds up a message for long. */
const batchSize = 100

/** Returns the orders that were cancelled; none when another replica is at it or has just been. @throws DatabaseError */
export function cancelOverdue(
  database: Pool,
  { deadlines, everySeconds, now, keyedByOrder }: Sweep,
): Promise<readonly string[]> {
  const { placedSeconds, processingSeconds, confirmedSeconds } = deadlines
  return database.transaction(async (tx) => {
    if ((await tx.query(lead)).length === 0) return []
    const limits = [placedSeconds, processingSeconds, confirmedSeconds, batchSize]
    const overdue = await tx.query<OrderRow>(overdueOrders, limits)
    if (overdue.length < batchSize) await tx.query(putOff, [everySeconds])
    if (overdue.length > 0) await writeCancellations(tx, overdue, 'DEADLINE', { now: now() }, keyedByOrder)
    return overdue.map(({ order_id }) => order_id)
  })
}

export interface DeadlineChoreOptions extends Omit<Sweep, 'keyedByOrder'> {
  /** Once it is committed. */
  readonly onCancelled: (orderIds: readonly string[]) => void
}

export function deadlineChore({ onCancelled, ...sweep }: DeadlineChoreOptions): Chore {
  return {
    name: 'deadlines',
    everyMs: sweep.everySeconds * 1_000,
    run: async ({ database, keyedByOrder, stopping }) => {
      for (let count = batchSize; count === batchSize && !stopping.aborted;) {
        const cancelled = await cancelOverdue(database, { ...sweep, keyedByOrder })
        count = cancelled.length
        if (count > 0) onCancelled(cancelled)
      }
    },
  }
}
