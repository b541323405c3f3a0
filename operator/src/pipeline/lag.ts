// How far behind is a consumer group, how fast is it, and when will it be done? From offsets seen over time.
import type { LagFigures } from '../api/index.ts'

/** Offsets of one partition; committed is undefined when the group has committed none. */
export interface PartitionOffsets {
  readonly low: number
  readonly high: number
  readonly committed: number | undefined
}

export interface LagSample {
  /** Milliseconds. */
  readonly at: number
  readonly lag: number
  /** Messages consumed since the topics began. */
  readonly consumed: number
}

export const windowMs = 30_000

export const lagSample = (partitions: readonly PartitionOffsets[], at: number): LagSample => {
  const position = ({ low, high, committed }: PartitionOffsets): number =>
    Math.min(high, Math.max(low, committed ?? low))
  return {
    at,
    lag: partitions.reduce((sum, partition) => sum + partition.high - position(partition), 0),
    consumed: partitions.reduce((sum, partition) => sum + position(partition), 0),
  }
}

/** Keeps what falls in the window, and forgets a past that cannot be compared (topics made again). */
export const withSample = (samples: readonly LagSample[], sample: LagSample): LagSample[] => {
  const last = samples.at(-1)
  if (last && last.consumed > sample.consumed) return [sample]
  return [...samples.filter(({ at }) => sample.at - at <= windowMs), sample]
}

export const lagFigures = (samples: readonly LagSample[]): LagFigures => {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last) return {}
  const seconds = (last.at - first.at) / 1000
  if (seconds <= 0) return { lag: last.lag, ...(last.lag === 0 ? { secondsToDrain: 0 } : {}) }
  const consumedPerSecond = Math.round(((last.consumed - first.consumed) / seconds) * 10) / 10
  const drain =
    last.lag === 0
      ? { secondsToDrain: 0 }
      : consumedPerSecond > 0
        ? { secondsToDrain: Math.ceil(last.lag / consumedPerSecond) }
        : {}
  return { lag: last.lag, consumedPerSecond, ...drain }
}
