// What becomes of an order that waits too long for anybody? It is cancelled as if its customer had called it back, and everyone gives
// back what they had taken for it.
//
// Every replica looks now and then; a lock that lasts as long as the transaction lets one of them act at a time, and rows that a
// message is just changing are passed over, since that order is not waiting.
import type { Pool } from '@orderpipeline/kit-postgres'
import type { Chore } from '@orderpipeline/kit-stage'
import type { OrderRow } from '../cancellation/sql.ts'
import { writeCancellations } from '../cancellation/write.ts'
import { overdueOrders, tryLead } from './sql.ts'

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
  readonly now: () => Date
  readonly keyedByOrder: (topic: string) => boolean
}

/** Orders in one transaction: few enough that none of them holds up a message for long. */
const batchSize = 100

/** Returns how many were cancelled; none when another replica is at it. @throws DatabaseError */
export function cancelOverdue(database: Pool, { deadlines, now, keyedByOrder }: Sweep): Promise<number> {
  const { placedSeconds, processingSeconds, confirmedSeconds } = deadlines
  return database.transaction(async (tx) => {
    const [lock] = await tx.query<{ leading: boolean }>(tryLead)
    if (!lock?.leading) return 0
    const limits = [placedSeconds, processingSeconds, confirmedSeconds, batchSize]
    const overdue = await tx.query<OrderRow>(overdueOrders, limits)
    if (overdue.length > 0) await writeCancellations(tx, overdue, 'DEADLINE', { now: now() }, keyedByOrder)
    return overdue.length
  })
}

export interface DeadlineChoreOptions extends Omit<Sweep, 'keyedByOrder'> {
  readonly everySeconds: number
  readonly onCancelled: (count: number) => void
}

export function deadlineChore({ everySeconds, onCancelled, ...sweep }: DeadlineChoreOptions): Chore {
  return {
    name: 'deadlines',
    everyMs: everySeconds * 1_000,
    run: async ({ database, keyedByOrder, stopping }) => {
      for (let count = batchSize; count === batchSize && !stopping.aborted;) {
        count = await cancelOverdue(database, { ...sweep, keyedByOrder })
        if (count > 0) onCancelled(count)
      }
    },
  }
}
