// What does an operator of the platform want to know of the intake and its relay?
import { priorities } from '@orderpipeline/order-events'
import { Counter, Gauge, Histogram, secondsBuckets } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'

export interface IntakeMetrics {
  readonly created: Counter
  readonly batchSize: Histogram
  readonly commitSeconds: Histogram
  readonly refused: Counter
  /** Reads the length of the queue whenever metrics are scraped. */
  watchWaiting(waiting: () => number): void
}

export function intakeMetrics(registry: Registry): IntakeMetrics {
  const registers = [registry]
  let waiting = () => 0
  new Gauge({
    name: 'orders_intake_waiting',
    help: 'Orders waiting for a commit.',
    registers,
    collect() {
      this.set(waiting())
    },
  })
  const refused = new Counter({
    name: 'orders_intake_refused_total',
    help: 'Orders not taken since too many waited for a commit, by class; a repeat is answered all the same.',
    labelNames: ['class'],
    registers,
  })
  for (const priority of priorities) refused.inc({ class: priority }, 0)
  return {
    created: new Counter({ name: 'orders_created_total', help: 'Orders made durable.', registers }),
    batchSize: new Histogram({
      name: 'orders_intake_batch_size',
      help: 'Orders that shared a commit.',
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500],
      registers,
    }),
    commitSeconds: new Histogram({
      name: 'orders_intake_commit_seconds',
      help: 'Time from sending a batch to the database until it is durable.',
      buckets: secondsBuckets,
      registers,
    }),
    refused,
    watchWaiting: (read) => {
      waiting = read
    },
  }
}

export interface RelayMetrics {
  readonly leader: Gauge
  readonly published: Counter
  readonly batches: Counter
  readonly failures: Counter
  readonly lagRows: Gauge
  readonly lagSeconds: Gauge
  readonly keyGenerationsDropped: Counter
}

/**
 * Only the gateway that relays reports a lag; elsewhere it is 0, so the maximum over all is the
 * truth.
 */
export function relayMetrics(registry: Registry): RelayMetrics {
  const registers = [registry]
  return {
    leader: new Gauge({
      name: 'outbox_relay_leader',
      help: '1 in the replica that relays the intake outbox.',
      registers,
    }),
    published: new Counter({ name: 'outbox_published_total', help: 'Events published from the outbox.', registers }),
    batches: new Counter({ name: 'outbox_batches_total', help: 'Batches published from the outbox.', registers }),
    failures: new Counter({
      name: 'outbox_failures_total',
      help: 'Failed batches, which are tried again.',
      registers,
    }),
    keyGenerationsDropped: new Counter({
      name: 'orders_idempotency_generations_dropped_total',
      help: 'Tables of idempotency keys that were dropped for their age.',
      registers,
    }),
    lagRows: new Gauge({ name: 'outbox_lag_rows', help: 'Events waiting in the outbox.', registers }),
    lagSeconds: new Gauge({ name: 'outbox_lag_seconds', help: 'Age of the oldest event in the outbox.', registers }),
  }
}
