// What happens to an order that waits too long? It is cancelled as if its customer had cancelled
// it, and every service reverses what it had done for it.
//
// A deadline does not run while nothing moves (progress.ts).
//
// Whichever replica first finds the row of the sweep due leads it, by that row's lock, and delays
// it for all of them when nothing is left. Orders that a message is just changing are skipped,
// since they are not waiting.
import type { Pool } from '@orderpipeline/postgres'
import type { PeriodicTask } from '@orderpipeline/stage'
import { Gauge } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import type { OrderRow } from '../sql/cancellation.ts'
import { writeCancellations } from '../cancellation/write-cancellations.ts'
import { cutoffs, recordProgress } from './progress.ts'
import type { Deadlines, WaitingState } from './progress.ts'
import { tryLock, overdueOrders, reschedule } from '../sql/deadlines.ts'

export interface DeadlineCheck {
  readonly deadlines: Deadlines
  /** The time between two looks, over all replicas. */
  readonly everySeconds: number
  readonly now: () => Date
  readonly keyedByOrder: (topic: string) => boolean
}

/** Orders in one transaction: few enough that none of them holds up a message for long. */
const batchSize = 100
/**
 * From one full batch to the next, over all replicas: 3,000 orders a minute, should a great many be
 * overdue at once.
 */
const betweenBatchesSeconds = 2

/**
 * Returns the orders that were cancelled; none when another replica is at it or has just been.
 * @throws DatabaseError
 */
export function cancelOverdue(
  database: Pool,
  { deadlines, everySeconds, now, keyedByOrder }: DeadlineCheck,
): Promise<readonly string[]> {
  return database.transaction(async (tx) => {
    if ((await tx.query(tryLock)).length === 0) return []
    const before = (await cutoffs(tx, deadlines)).map((cutoff) => cutoff.before)
    const overdue = await tx.query<OrderRow>(overdueOrders, [...before, batchSize])
    const full = overdue.length === batchSize
    await tx.query(reschedule, [full ? Math.min(betweenBatchesSeconds, everySeconds) : everySeconds])
    if (overdue.length > 0)
      await writeCancellations(tx, overdue, { reason: 'DEADLINE', by: 'TIME' }, { now: now() }, keyedByOrder)
    return overdue.map(({ order_id }) => order_id)
  })
}

export interface DeadlineTaskOptions extends Omit<DeadlineCheck, 'keyedByOrder'> {
  /** Once it is committed. */
  readonly onCancelled: (orderIds: readonly string[]) => void
  /** States that orders have left by their own way since it was last called. */
  readonly takeProgress: () => ReadonlySet<WaitingState>
  readonly registry?: Registry | undefined
}

export function deadlineTask({ onCancelled, takeProgress, registry, ...sweep }: DeadlineTaskOptions): PeriodicTask {
  const heldGauge =
    registry &&
    new Gauge({
      name: 'orders_deadline_held',
      help: '1 while the deadline of a state is suspended because no order leaves it; the same from every replica',
      labelNames: ['status'] as const,
      registers: [registry],
    })
  return {
    name: 'deadlines',
    everyMs: sweep.everySeconds * 1_000,
    run: async ({ database, keyedByOrder }) => {
      await recordProgress(database, takeProgress(), sweep.deadlines)
      const cancelledIds = await cancelOverdue(database, { ...sweep, keyedByOrder })
      if (cancelledIds.length > 0) onCancelled(cancelledIds)
      if (heldGauge)
        for (const state of await cutoffs(database, sweep.deadlines))
          heldGauge.set({ status: state.status }, Number(state.held))
    },
  }
}

/** What messages made of orders, gathered until the task writes it down. */
export function progressRecorder(): {
  readonly add: (state: WaitingState) => void
  readonly take: () => ReadonlySet<WaitingState>
} {
  const movingStates = new Set<WaitingState>()
  return {
    add: (state) => movingStates.add(state),
    take: () => {
      const batch = new Set(movingStates)
      movingStates.clear()
      return batch
    },
  }
}
