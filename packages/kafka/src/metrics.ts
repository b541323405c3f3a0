// What does a stage say about itself in numbers?
import { Counter, Gauge, Histogram, secondsBuckets } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'

export type StageMetrics = ReturnType<typeof createStageMetrics>

export interface StageFigures {
  readonly inHand: () => number
  readonly lag: () => ReadonlyMap<string, number>
  readonly careful: () => number
  /** Whether it leaves messages in Kafka, since what they need is known to be away. */
  readonly holding: () => boolean
}

/** The reason that an error class of ours carries, else its name: few enough to be a label. */
export function reasonOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.name
}

export function createStageMetrics(registry: Registry, figures: StageFigures) {
  const registers = [registry]
  return {
    consumed: new Counter({
      name: 'orderpipeline_stage_consumed_total',
      help: 'Messages done, whether or not they had an effect',
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
      help: 'Messages given up on and published to the dead-letter topic',
      labelNames: ['reason'],
      registers,
    }),
    retries: new Counter({
      name: 'orderpipeline_stage_retries_total',
      help: 'Tries after a first one that failed, by what was tried',
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
      help: 'From the begin of a batch to its commit, tries included',
      buckets: secondsBuckets,
      registers,
    }),
    processingSeconds: new Histogram({
      name: 'orderpipeline_stage_processing_seconds',
      help: 'From taking a message in hand to its effect and events being out',
      buckets: secondsBuckets,
      registers,
    }),
    fetchSeconds: new Histogram({
      name: 'orderpipeline_stage_fetch_seconds',
      help: 'From asking a broker for messages to its answer, its wait for some to come included',
      buckets: secondsBuckets,
      registers,
    }),
    inHand: new Gauge({
      name: 'orderpipeline_stage_in_hand',
      help: 'Messages taken from Kafka and not done',
      registers,
      collect() {
        this.set(figures.inHand())
      },
    }),
    lag: new Gauge({
      name: 'orderpipeline_stage_lag',
      help: 'Messages not done in the partitions assigned to this replica',
      labelNames: ['topic'],
      registers,
      collect() {
        this.reset()
        for (const [topic, lag] of figures.lag()) this.set({ topic }, lag)
      },
    }),
    careful: new Gauge({
      name: 'orderpipeline_stage_careful_partitions',
      help: 'Partitions whose messages are tried in parts with nothing else in hand, as several processes ended over them',
      registers,
      collect() {
        this.set(figures.careful())
      },
    }),
    holding: new Gauge({
      name: 'orderpipeline_stage_holding',
      help: '1 while no messages are taken as what they need is known to be away; more replicas would not help',
      registers,
      collect() {
        this.set(figures.holding() ? 1 : 0)
      },
    }),
    rebalances: new Counter({
      name: 'orderpipeline_stage_rebalances_total',
      help: 'Times this replica was given its partitions',
      registers,
    }),
    crashes: new Counter({
      name: 'orderpipeline_stage_consumer_crashes_total',
      help: 'Times the consumer was lost and made anew',
      registers,
    }),
  }
}
