// What happened to orders, and how many are on their way? The former is counted by the replica that
// decided it, once that is committed. The latter costs more the more orders there are, and there
// are more replicas then too: one of them counts, and all report its result.
import { Gauge } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import type { Pool } from '@orderpipeline/postgres'
import type { OrderStatus } from '@orderpipeline/order-events'
import type { PeriodicTask, Reaction } from '@orderpipeline/stage'
import type { OrderTimer } from '../processing-time.ts'
import { heldFigures, heldGauges } from './held-figures.ts'
import type { HeldFigures } from './held-figures.ts'
import { countInProgress, lastCount, noteCount, reschedule, tryLock } from '../sql/counting.ts'

/** What new messages made of orders. */
export function observeOrders(timer: OrderTimer): (reactions: readonly Reaction[]) => void {
  return (reactions) => {
    for (const { events } of reactions)
      for (const { type, data, traceparent } of events)
        if (type === 'OrderStatusChanged') timer(data.orderId, data.status, traceparent)
  }
}

export function countingTask(registry: Registry): PeriodicTask {
  const active = new Gauge({
    name: 'orders_active',
    help: 'Orders that have not ended, as counted in the database; the same from every replica',
    labelNames: ['status'] as const,
    registers: [registry],
  })
  const showHeld = heldGauges(registry)
  return {
    name: 'counting',
    everyMs: everySeconds * 1_000,
    run: async ({ database }) => {
      await countIfDue(database)
      const [last] = await database.query<{ counts: Counts | null }>(lastCount)
      for (const status of underWay) active.set({ status }, last?.counts?.[status] ?? 0)
      const heldOrders = last?.counts?.held ?? { count: 0, oldestSeconds: 0 }
      active.set({ status: 'HELD' }, heldOrders.count)
      showHeld(heldOrders)
    },
  }
}

const everySeconds = 15

/** Without `held` of a replica of an older version. */
type Counts = Partial<Record<OrderStatus, number>> & { readonly held?: HeldFigures }

/**
 * The next count is scheduled before this one is made, so that no lock is held meanwhile, and a
 * count that fails is not repeated by one replica after the other.
 */
async function countIfDue(database: Pool): Promise<void> {
  const isDue = await database.transaction(async (tx) => {
    if ((await tx.query(tryLock)).length === 0) return false
    tx.send(reschedule, [everySeconds])
    return true
  })
  if (!isDue) return
  const rows = await database.query<{ status: OrderStatus; count: number }>(countInProgress)
  const figures = await heldFigures(database)
  const counts = { ...Object.fromEntries(rows.map(({ status, count }) => [status, count])), held: figures }
  await database.query(noteCount, [JSON.stringify(counts)])
}

const underWay: readonly OrderStatus[] = ['PLACED', 'PROCESSING', 'CONFIRMED']
