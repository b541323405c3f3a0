// How long do orders take from being accepted to where they get? Told once it is decided and committed.
import { Histogram, secondsBuckets, type Registry } from '@orderpipeline/kit-telemetry'
import type { OrderStatus } from '@orderpipeline/order-events'
import type { Reaction } from '@orderpipeline/kit-stage'

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
