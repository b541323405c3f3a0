// How many messages a second does a busy replica handle? Measured while every replica has messages
// waiting: at light load a replica's rate is that of the arrivals, and not what it is capable of.
import { leastUsableLag } from './usable-lag.ts'

export interface RateSample {
  /** Milliseconds. */
  readonly at: number
  /** Members of the consumer group. */
  readonly members: number
  /** Messages handled since the beginning. */
  readonly handled: number
  /** Messages that have arrived and are not yet handled, those in flight included. */
  readonly lag: number
  /** As many of them as replicas can take (usable-lag.ts); absent means all. */
  readonly usable?: number
}

/** The difference between two samples. */
interface Interval {
  readonly to: number
  readonly seconds: number
  readonly handled: number
  /** Members × seconds. */
  readonly memberSeconds: number
  /** Messages × seconds. */
  readonly lagSeconds: number
}

export interface ReplicaRate {
  readonly last?: RateSample
  /** Whether every replica had messages waiting in `intervals`. */
  readonly busy: boolean
  readonly intervals: readonly Interval[]
  /** Messages a second of a busy replica; undefined before any was measured. */
  readonly perSecond?: number
  /** When that rate was measured, in milliseconds. */
  readonly measuredAt?: number
}

export const unmeasured: ReplicaRate = { busy: false, intervals: [] }

/** Length of the window in which work is counted. */
const windowMs = 30_000
/**
 * Time that a rate needs: messages that start together end together, so a short interval may see
 * none of them or all.
 */
const leastSeconds = 15
/**
 * Samples closer to each other than this may all fall between the ends of messages that started
 * together.
 */
const longestMessageSeconds = 5
/**
 * Lag that is fetched, handled and committed within this time is in flight and does not wait for a
 * replica.
 */
const leastWaitSeconds = 5
/** A stage without lag may have been sampled between two messages. */
const leastMeanLag = 0.5

/**
 * Lag at which every replica has messages waiting: more than are in flight, at `perSecond` messages
 * handled in all. `concurrency`: messages that a replica handles at once.
 */
export function leastBusyLag(replicas: number, concurrency: number, perSecond: number): number {
  return Math.max(2 * replicas * concurrency, perSecond * leastWaitSeconds)
}

/**
 * Whether every one of these members has messages waiting, at `perSecond` messages handled in all.
 */
export function isBusy(
  { lag, usable = lag }: Pick<RateSample, 'lag' | 'usable'>,
  members: number,
  concurrency: number,
  perSecond: number,
): boolean {
  return (
    members > 0 &&
    lag >= leastBusyLag(members, concurrency, perSecond) &&
    usable >= leastUsableLag(members, concurrency)
  )
}

/** `concurrency`: messages that a replica handles at once. */
export function withRateSample(before: ReplicaRate, sample: RateSample, concurrency: number): ReplicaRate {
  const { last } = before
  if (last === undefined || sample.at <= last.at || sample.handled < last.handled) return { ...before, last: sample }
  const members = Math.min(last.members, sample.members)
  const handled = sample.handled - last.handled
  const seconds = (sample.at - last.at) / 1_000
  const busy = [last, sample].every((one) => isBusy(one, members, concurrency, handled / seconds))
  if (busy && handled === 0) {
    // Messages that take longer than the time between two samples end in a later one, which counts
    // from here. A group that rebalances, or waits for a component that is not available, also
    // handles nothing, which says nothing about its replicas.
    const isUnderWay = sample.members === last.members && seconds < longestMessageSeconds
    return isUnderWay ? before : { ...before, last: sample }
  }
  const intervals = [
    ...(busy === before.busy ? before.intervals.filter(({ to }) => to > sample.at - windowMs) : []),
    {
      ...{ to: sample.at, seconds, handled, memberSeconds: members * seconds },
      lagSeconds: ((last.lag + sample.lag) / 2) * seconds,
    },
  ]
  const next = { ...before, last: sample, busy, intervals }
  if (sum(intervals, (each) => each.seconds) < leastSeconds) return next
  const perSecond = busy ? busyRate(intervals) : Math.max(leastRate(intervals, concurrency), before.perSecond ?? 0)
  if (!busy && (before.perSecond === undefined || perSecond === before.perSecond)) return next
  return { ...next, perSecond, measuredAt: sample.at }
}

function busyRate(intervals: readonly Interval[]): number {
  return sum(intervals, ({ handled }) => handled) / sum(intervals, ({ memberSeconds }) => memberSeconds)
}

/**
 * The rate of a stage that keeps up: a message takes at most mean lag ÷ rate (Little's law), so a
 * replica is at least that fast. Without this a stage that was slow once would count as slow for as
 * long as it keeps up.
 */
function leastRate(intervals: readonly Interval[], concurrency: number): number {
  const seconds = sum(intervals, (each) => each.seconds)
  const meanLag = sum(intervals, ({ lagSeconds }) => lagSeconds) / seconds
  const rate = sum(intervals, ({ handled }) => handled) / seconds
  return (concurrency * rate) / Math.max(meanLag, leastMeanLag)
}

function sum(intervals: readonly Interval[], of: (interval: Interval) => number): number {
  return intervals.reduce((total, each) => total + of(each), 0)
}
