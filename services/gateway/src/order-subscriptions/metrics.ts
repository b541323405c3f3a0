// How many callers wait for their orders to move?
import { Gauge } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
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
  gauge('gateway_sync_waiting', 'Synchronous requests waiting for the outcome of their order.', () => outcomes.waiting)
  gauge('gateway_event_streams', 'Open event streams.', () => streams.count)
  gauge('gateway_orders_watched', 'Orders polled in one query for all waiting requests.', () => watcher.orders)
}
