// What became of orders, and how many are on their way? The former is told by the replica that decided it, once that is committed; of the
// latter each replica says the same.
import { Gauge, type Registry } from '@orderpipeline/kit-telemetry'
import type { OrderStatus } from '@orderpipeline/order-events'
import type { Chore, Reaction } from '@orderpipeline/kit-stage'
import type { OrderTimer } from '../processing-time.ts'
import { countUnderWay } from '../sql/stage.ts'

/** What new messages made of orders. */
export function observeOrders(timer: OrderTimer): (reactions: readonly Reaction[]) => void {
  return (reactions) => {
    for (const event of reactions.flatMap(({ events }) => events))
      if (event.type === 'OrderStatusChanged') timer(event.data.orderId, event.data.status)
  }
}

/** Counted in an index of nothing else; a hundred replicas that ask are no load. */
export function countingChore(registry: Registry): Chore {
  const active = new Gauge({
    name: 'orders_active',
    help: 'Orders that have not come to their end, as the database says; the same from every replica',
    labelNames: ['status'] as const,
    registers: [registry],
  })
  return {
    name: 'counting',
    everyMs: 15_000,
    run: async ({ database }) => {
      const rows = await database.query<{ status: OrderStatus; count: number }>(countUnderWay)
      const counts = new Map(rows.map(({ status, count }) => [status, count]))
      for (const status of underWay) active.set({ status }, counts.get(status) ?? 0)
    },
  }
}

const underWay: readonly OrderStatus[] = ['PLACED', 'PROCESSING', 'CONFIRMED']
