// How long do orders take from being accepted to each status? Observed by the process that decides
// the status, once it is committed: the stage by its events, the deadlines, or the gateway for a
// customer who cancels an order.
import { secondsBuckets, tracedHistogram } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import { placedAtMs } from '@orderpipeline/order-events'
import type { OrderStatus } from '@orderpipeline/order-events'

/** What an order may take is more than what a request may. */
const buckets = [...secondsBuckets, 120, 300, 900, 3_600]
const timedStatuses: readonly OrderStatus[] = ['CONFIRMED', 'SHIPPED', 'CANCELLED']

/** Observes the statuses above; others are skipped. `traceparent`: of the work that decided it. */
export type OrderTimer = (orderId: string, status: OrderStatus, traceparent?: string) => void

/** Once for each registry. */
export function orderTimer(registry: Registry, now: () => Date): OrderTimer {
  const seconds = tracedHistogram({
    name: 'orders_processing_seconds',
    help: 'Time from the acceptance of an order until it is confirmed, shipped or cancelled',
    labelNames: ['status'],
    buckets,
    registers: [registry],
  })
  return (orderId, status, traceparent) => {
    const placedMs = placedAtMs(orderId)
    if (placedMs !== undefined && timedStatuses.includes(status))
      seconds.observe((now().getTime() - placedMs) / 1_000, { status }, traceparent)
  }
}
