// Are the processors saturated on which a stage runs? Its replicas say in which share of their time
// they waited for one. Waiting replicas are slower, so that their measured rate would ask for more
// of them, which take the processors from each other.
import { leastFactor } from './declared-rate.ts'
import type { ReplicaRate } from './replica-rate.ts'

/** The share of their time in which the replicas of a stage waited for a processor, 0 to 1. */
export interface WaitSample {
  /** Milliseconds. */
  readonly at: number
  /** Absent where none of them has committed since the sample before. */
  readonly share: number | undefined
  /** The stage is known to call no other system; absent where nothing was said. */
  readonly local?: boolean | undefined
}

export interface ProcessorWait {
  /** Those of the last `longMs` that have a share. */
  readonly samples: readonly { readonly at: number; readonly share: number }[]
  readonly saturated: boolean
  /** The stage calls no other system, as far as its replicas have said. */
  readonly local: boolean
  /**
   * Messages a second of a busy replica that hardly waits for a processor; undefined before one was
   * measured.
   */
  readonly freePerSecond?: number
}

/** Replicas of a stage wait for processors, and are slow for that reason. */
export interface Saturation {
  /** Messages a second of a busy replica that does not wait for a processor. */
  readonly freePerSecond: number
  /** Share of their time in which replicas wait, 0 to 1. */
  readonly waitShare: number
}

export const noProcessorWait: ProcessorWait = { samples: [], saturated: false, local: false }

/** Shorter than the rate of a replica takes to be measured: it would be too low. */
const shortMs = 10_000
/** As long as that rate is measured: it is free of waiting afterwards. */
const longMs = 30_000
/** Shares: processors are saturated from the first on, until it falls below the second. */
const limits = { saturated: 0.2, free: 0.1 } as const
/** Replicas that are not slower than that share of their rate lack no processor. */
const slowShare = 0.75

/** `rate`: with the sample of the same moment. */
export function withWaitSample(
  before: ProcessorWait,
  { at, share, local = before.local }: WaitSample,
  { perSecond, measuredAt }: Pick<ReplicaRate, 'perSecond' | 'measuredAt'>,
): ProcessorWait {
  const samples = [
    ...before.samples.filter((one) => one.at > at - longMs && one.at < at),
    ...(share === undefined ? [] : [{ at, share }]),
  ]
  const newest = samples.filter((one) => one.at > at - shortMs)
  const saturated = before.saturated ? mean(samples) >= limits.free : mean(newest) >= limits.saturated
  const measuredFree = perSecond !== undefined && measuredAt === at && mean(samples) < limits.free
  return { ...before, samples, saturated, local, ...(measuredFree ? { freePerSecond: perSecond } : {}) }
}

/**
 * `perSecond`: the rate of a busy replica as it is now; `declaredPerSecond`: as the spec says. On a
 * full node replicas wait that have little to do, too. What slows a replica down that is about as
 * fast as without waiting, or slower than waiting explains, is something else: a call, for example,
 * which more replicas make at the same time. A stage without calls has its database and Kafka,
 * which wait for the same processors, so that any slowness is explained.
 */
export function saturationOf(
  { samples, saturated, local, freePerSecond: measured }: ProcessorWait,
  perSecond: number,
  declaredPerSecond: number,
): Saturation | undefined {
  const freePerSecond = measured ?? declaredPerSecond
  const share = mean(samples)
  const isSlow = perSecond < slowShare * freePerSecond
  const isExplained = local || perSecond * leastFactor >= freePerSecond * (1 - share)
  return saturated && isSlow && isExplained ? { freePerSecond, waitShare: share } : undefined
}

function mean(samples: ProcessorWait['samples']): number {
  return samples.length === 0 ? 0 : samples.reduce((sum, { share }) => sum + share, 0) / samples.length
}
