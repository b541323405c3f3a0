// How long do orders take from being accepted to where they get, and how many are on their way? The former is told once it is decided and
// committed; of the latter each replica says the same.
import { Gauge, Histogram, secondsBuckets, type Registry } from '@orderpipeline/kit-telemetry'
import type { OrderStatus } from '@orderpipeline/order-events'
import type { Chore, Reaction } from '@orderpipeline/kit-stage'
import { countUnderWay } from '../sql/stage.ts'

const buckets = [...secondsBuckets, 120, 300, 900, 3_600]
const told: readonly OrderStatus[] = ['CONFIRMED', 'SHIPPED', 'CANCELLED']

export function observeOrders(registry: Registry, now: () => Date): (reactions: readonly Reaction[]) => void {
  const seconds = new Histogram({
    name: 'orders_processing_seconds',
    help: 'From accepting an order to its being confirmed, shipped or cancelled',
    labelNames: ['status'] as const,
    buckets,
    registers: [registry],
  })
  return (reactions) => {
    for (const event of reactions.flatMap(({ events }) => events)) {
      if (event.type !== 'OrderStatusChanged' || !told.includes(event.data.status)) continue
      const placed = placedAt(event.data.orderId)
      if (placed !== undefined) seconds.observe({ status: event.data.status }, (now().getTime() - placed) / 1_000)
    }
  }
}

/** Unix milliseconds. The intake gives ids of version 7, which begin with the time they were made. */
export function placedAt(orderId: string): number | undefined {
  return orderId[14] === '7' ? parseInt(orderId.slice(0, 8) + orderId.slice(9, 13), 16) : undefined
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
