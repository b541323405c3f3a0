// How many callers wait for their orders to move?
import { Gauge, type Registry } from '@orderpipeline/telemetry'
import type { Outcomes } from './outcomes.ts'
import type { Streams } from './streams.ts'
import type { Watcher } from './watcher.ts'

interface Watched {
  readonly outcomes: Outcomes
  readonly streams: Streams
  readonly watcher: Watcher
}

export function watchMetrics(registry: Registry, { outcomes, streams, watcher }: Watched): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  gauge('gateway_sync_waiting', 'Synchronous orders waiting for their outcome.', () => outcomes.waiting)
  gauge('gateway_event_streams', 'Event streams open.', () => streams.count)
  gauge(
    'gateway_orders_watched',
    'Orders looked up together, again and again, for those who wait.',
    () => watcher.orders,
  )
}
