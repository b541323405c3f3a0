// What does a stage say about itself in numbers?
import { Counter, Gauge, Histogram, secondsBuckets, tracedHistogram } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'

export type StageMetrics = ReturnType<typeof createStageMetrics>

export interface StageGaugeSources {
  readonly inFlight: () => number
  readonly lag: () => ReadonlyMap<string, number>
  readonly quarantinedPartitions: () => number
  /** Whether it leaves messages in Kafka, since what they need is known to be away. */
  readonly holding: () => boolean
  /** Messages that wait for a slot, by class; of a stage with lanes. */
  readonly waiting: (() => ReadonlyMap<string, number>) | undefined
  readonly standstillSeconds: () => number
  /** Undefined where the system does not say it. */
  readonly processorWaitSeconds: (() => number) | undefined
}

/** The reason that an error class of ours carries, else its name: few enough to be a label. */
export function reasonOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.name
}

export function createStageMetrics(registry: Registry, figures: StageGaugeSources) {
  const registers = [registry]
  return {
    consumed: new Counter({
      name: 'orderpipeline_stage_consumed_total',
      help: 'Messages handled, with or without an effect',
      labelNames: ['topic'],
      registers,
    }),
    produced: new Counter({
      name: 'orderpipeline_stage_produced_total',
      help: 'Messages published and acknowledged',
      labelNames: ['topic'],
      registers,
    }),
    deadLetters: new Counter({
      name: 'orderpipeline_stage_dead_letters_total',
      help: 'Messages given up and published to the dead-letter topic',
      labelNames: ['reason'],
      registers,
    }),
    retries: new Counter({
      name: 'orderpipeline_stage_retries_total',
      help: 'Retries, by operation',
      labelNames: ['what'],
      registers,
    }),
    batchSize: new Histogram({
      name: 'orderpipeline_stage_batch_size',
      help: 'Messages that shared a transaction',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
      registers,
    }),
    batchSeconds: new Histogram({
      name: 'orderpipeline_stage_batch_seconds',
      help: 'Time from the begin of a batch to its commit, with retries',
      buckets: secondsBuckets,
      registers,
    }),
    processingSeconds: tracedHistogram({
      name: 'orderpipeline_stage_processing_seconds',
      help: 'Time from the start of a message to the publication of its events',
      buckets: secondsBuckets,
      registers,
    }),
    inHand: new Gauge({
      name: 'orderpipeline_stage_in_hand',
      help: 'Messages in flight: fetched and not finished',
      registers,
      collect() {
        this.set(figures.inFlight())
      },
    }),
    lag: new Gauge({
      name: 'orderpipeline_stage_lag',
      help: 'Unfinished messages in the partitions assigned to this replica',
      labelNames: ['topic'],
      registers,
      collect() {
        this.reset()
        for (const [topic, lag] of figures.lag()) this.set({ topic }, lag)
      },
    }),
    careful: new Gauge({
      name: 'orderpipeline_stage_careful_partitions',
      help: 'Quarantined partitions: several processes ended over their messages, which are handled in parts with no other message in flight',
      registers,
      collect() {
        this.set(figures.quarantinedPartitions())
      },
    }),
    holding: new Gauge({
      name: 'orderpipeline_stage_holding',
      help: '1 while the stage holds: a system that it needs is unavailable, and more replicas would not help',
      registers,
      collect() {
        this.set(figures.holding() ? 1 : 0)
      },
    }),
    waiting: figures.waiting && waitingGauge(registry, figures.waiting),
    processorWait: figures.processorWaitSeconds && processorWaitCounter(registry, figures.processorWaitSeconds),
    ...consumerGroupMetrics(registers, figures),
  }
}

function consumerGroupMetrics(registers: Registry[], figures: Pick<StageGaugeSources, 'standstillSeconds'>) {
  return {
    fetchSeconds: new Histogram({
      name: 'orderpipeline_stage_fetch_seconds',
      help: 'Time from a fetch request to its answer, with the wait for messages',
      buckets: secondsBuckets,
      registers,
    }),
    rebalances: new Counter({
      name: 'orderpipeline_stage_rebalances_total',
      help: 'Assignments of partitions to this replica',
      registers,
    }),
    standstill: new Counter({
      name: 'orderpipeline_stage_rebalance_standstill_seconds_total',
      help: 'Seconds in which the partitions of this replica were not fetched because the group rebalanced',
      registers,
      collect() {
        this.reset()
        this.inc(figures.standstillSeconds())
      },
    }),
    crashes: new Counter({
      name: 'orderpipeline_stage_consumer_crashes_total',
      help: 'Times the consumer was lost and created again',
      registers,
    }),
  }
}

function waitingGauge(registry: Registry, waiting: () => ReadonlyMap<string, number>): Gauge {
  return new Gauge({
    name: 'orderpipeline_stage_waiting',
    help: 'Messages in flight that wait for a slot of the concurrency, by class; only with weights',
    labelNames: ['class'],
    registers: [registry],
    collect() {
      for (const [name, count] of waiting()) this.set({ class: name }, count)
    },
  })
}

function processorWaitCounter(registry: Registry, seconds: () => number): Counter {
  return new Counter({
    name: 'orderpipeline_stage_processor_wait_seconds_total',
    help: 'Seconds in which the main thread could have run and waited for a processor; not those of a CPU limit. On Linux',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(seconds())
    },
  })
}
