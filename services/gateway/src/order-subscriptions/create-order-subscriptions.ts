// What do waiting callers share? One watcher, for outcomes and event streams alike.
import type { Logger } from '@orderpipeline/process'
import type { Registry } from '@orderpipeline/telemetry'
import type { GatewayConfig } from '../config.ts'
import type { OrderReader } from '../order-read-model/order-reader.ts'
import { watchMetrics } from './metrics.ts'
import { createOutcomes } from './outcomes.ts'
import type { Outcomes } from './outcomes.ts'
import { createStreams } from './streams.ts'
import type { Streams } from './streams.ts'
import { createWatcher } from './watcher.ts'

export interface OrderSubscriptions {
  readonly outcomes: Outcomes
  readonly streams: Streams
  /** Answers waiting callers with the last known state, and ends the streams. */
  close(): void
}

export function createOrderSubscriptions(
  config: GatewayConfig,
  orders: OrderReader,
  registry: Registry,
  logger: Logger,
): OrderSubscriptions {
  const watcher = createWatcher({
    readProgress: (ids) => orders.progress(ids, undefined),
    everyMs: config.WATCH_EVERY_SECONDS * 1_000,
    logger,
  })
  const outcomes = createOutcomes(watcher, config.SYNC_MAX_WAITING)
  const streams = createStreams({
    watcher,
    maxStreams: config.EVENTS_MAX_STREAMS,
    maxPerCustomer: config.EVENTS_MAX_STREAMS_PER_CUSTOMER,
    heartbeatMs: config.EVENTS_HEARTBEAT_SECONDS * 1_000,
    maxAgeMs: config.EVENTS_MAX_AGE_SECONDS * 1_000,
  })
  watchMetrics(registry, { outcomes, streams, watcher })
  return { outcomes, streams, close: () => watcher.close() }
}
