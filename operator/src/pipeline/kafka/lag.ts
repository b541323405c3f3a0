// How large is a consumer group's lag, how fast is the group, and when will the lag be worked off?
// From samples of its offsets.
import type { LagFigures, OrderPipeline, ScalingChange, Stage } from '../../api/index.ts'
import type { KafkaUser } from './kafka-connection.ts'

/** Offsets of one partition; committed is undefined when the group has committed none. */
export interface PartitionOffsets {
  readonly topic: string
  readonly low: number
  readonly high: number
  readonly committed: number | undefined
  /** What the group has noted with the offset; absent where it notes nothing. */
  readonly metadata?: string
}

/** The fields of a pipeline that say whose offsets are read, and where. */
export type LagSource = KafkaUser & {
  readonly spec: { readonly stages: readonly Pick<Stage, 'name' | 'consumes' | 'consumerGroup'>[] }
}

/** Nothing else: this is kept in memory for every pipeline. */
export function lagSource({ metadata: { name, namespace }, spec: { kafka, stages } }: OrderPipeline): LagSource {
  return {
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: {
      kafka,
      stages: stages.map((stage) => ({
        name: stage.name,
        consumes: stage.consumes,
        ...(stage.consumerGroup === undefined ? {} : { consumerGroup: stage.consumerGroup }),
      })),
    },
  }
}

export interface LagSample {
  /** Milliseconds. */
  readonly at: number
  readonly lag: number
  /** Lag of the partition with the largest lag. */
  readonly largestLag: number
  /** Lag of each topic that has any; absent without a lag. */
  readonly lags?: Readonly<Record<string, number>>
  /** Messages consumed since the topics were created. */
  readonly consumed: number
  /** Messages written since each topic was created. */
  readonly written: Readonly<Record<string, number>>
}

/**
 * What is known from the offsets of a stage's consumer group. The status contains its LagFigures.
 */
export interface MeasuredStage extends LagFigures {
  /** Messages per second written to each topic it consumes. */
  readonly arrivals?: Readonly<Record<string, number>>
  /** The largest partition's share of the lag, 0 to 1. */
  readonly largestShare?: number
  /** Lag of each topic that has any, by its name in Kafka; absent without a lag. */
  readonly lags?: Readonly<Record<string, number>>
  /** Dead letters that wait for a person; absent while unknown. */
  readonly deadLetters?: number
  /** The last change of its desired replicas, where it is scaled on flow. */
  readonly lastScaling?: ScalingChange
}

export const windowMs = 30_000

export function lagSample(partitions: readonly PartitionOffsets[], at: number): LagSample {
  const position = ({ low, high, committed }: PartitionOffsets): number =>
    Math.min(high, Math.max(low, committed ?? low))
  const lags = partitions.map((partition) => partition.high - position(partition))
  const writtenByTopic: Record<string, number> = {}
  const lagByTopic: Record<string, number> = {}
  for (const [index, { topic, high }] of partitions.entries()) {
    writtenByTopic[topic] = (writtenByTopic[topic] ?? 0) + high
    const lag = lags[index] ?? 0
    if (lag > 0) lagByTopic[topic] = (lagByTopic[topic] ?? 0) + lag
  }
  const largestLag = Math.max(0, ...lags)
  return {
    at,
    lag: lags.reduce((sum, lag) => sum + lag, 0),
    largestLag,
    ...(largestLag > 0 ? { lags: lagByTopic } : {}),
    consumed: partitions.reduce((sum, partition) => sum + position(partition), 0),
    written: writtenByTopic,
  }
}

/**
 * Keeps the samples of the window, and drops a past that cannot be compared (topics created again).
 */
export function withSample(samples: readonly LagSample[], sample: LagSample): LagSample[] {
  const last = samples.at(-1)
  if (last && last.consumed > sample.consumed) return [sample]
  return [...samples.filter(({ at }) => sample.at - at <= windowMs), sample]
}

export function lagFigures(samples: readonly LagSample[]): MeasuredStage {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last) return {}
  const now = {
    lag: last.lag,
    ...(last.lag === 0 ? {} : { largestShare: last.largestLag / last.lag }),
    ...(last.lags && { lags: last.lags }),
  }
  const seconds = (last.at - first.at) / 1000
  if (seconds <= 0) return { ...now, ...(last.lag === 0 ? { secondsToDrain: 0 } : {}) }
  const perSecond = (after: number, before: number): number => Math.round(((after - before) / seconds) * 10) / 10
  const consumedPerSecond = perSecond(last.consumed, first.consumed)
  const drain =
    last.lag === 0
      ? { secondsToDrain: 0 }
      : consumedPerSecond > 0
        ? { secondsToDrain: Math.ceil(last.lag / consumedPerSecond) }
        : {}
  const topics = Object.keys(last.written)
  const writtenTo = (sample: LagSample, topic: string): number => sample.written[topic] ?? last.written[topic] ?? 0
  const arrivals = topics.map((topic) => [topic, perSecond(writtenTo(last, topic), writtenTo(first, topic))] as const)
  return {
    ...now,
    arrivedPerSecond: perSecond(sumOver(topics, last, writtenTo), sumOver(topics, first, writtenTo)),
    consumedPerSecond,
    ...drain,
    arrivals: Object.fromEntries(arrivals),
  }
}

function sumOver<S>(topics: readonly string[], sample: S, of: (sample: S, topic: string) => number): number {
  return topics.reduce((sum, topic) => sum + of(sample, topic), 0)
}
