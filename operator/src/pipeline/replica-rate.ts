// How many messages a second does a busy replica handle? Measured while every replica has work
// waiting: at light load a replica's rate says what arrives, and not what it is able to do.

export interface RateSample {
  /** Milliseconds. */
  readonly at: number
  /** Members of the consumer group. */
  readonly members: number
  /** Messages handled since the beginning. */
  readonly handled: number
  /** Messages that have come and are not handled, those in flight included. */
  readonly lag: number
}

/** What happened between two samples. */
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
  /** Whether every replica had work waiting in `intervals`. */
  readonly busy: boolean
  readonly intervals: readonly Interval[]
  /** Messages a second of a busy replica; undefined before any was measured. */
  readonly perSecond?: number
  /** When that was measured, in milliseconds. */
  readonly measuredAt?: number
}

export const unmeasured: ReplicaRate = { busy: false, intervals: [] }

/** Work is counted over so long. */
const windowMs = 30_000
/**
 * Time that makes a figure: messages begun together end together, so a short look may see none of
 * them or all.
 */
const leastSeconds = 15
/**
 * Looks that are closer to each other than that may all fall between the ends of messages that were
 * begun together.
 */
const longestMessageSeconds = 5
/**
 * Lag that is fetched, handled and committed within that time is under way and does not wait for a
 * replica.
 */
const leastWaitSeconds = 5
/** A stage without lag may have been looked at between two messages. */
const leastMeanLag = 0.5

/**
 * Messages that must be there for every replica to have work waiting: more than are in flight, at
 * `perSecond` messages handled in all. `concurrency`: messages that a replica handles at once.
 */
export function leastWaitingLag(replicas: number, concurrency: number, perSecond: number): number {
  return Math.max(2 * replicas * concurrency, perSecond * leastWaitSeconds)
}

/** `concurrency`: messages that a replica handles at once. */
export function withRateSample(known: ReplicaRate, sample: RateSample, concurrency: number): ReplicaRate {
  const { last } = known
  if (last === undefined || sample.at <= last.at || sample.handled < last.handled) return { ...known, last: sample }
  const members = Math.min(last.members, sample.members)
  const handled = sample.handled - last.handled
  const seconds = (sample.at - last.at) / 1_000
  const least = leastWaitingLag(members, concurrency, handled / seconds)
  const busy = members > 0 && Math.min(last.lag, sample.lag) >= least
  if (busy && handled === 0) {
    // Messages that take longer than the time between two looks end in a later one, which counts
    // from here. A group that rebalances, or waits for something that is away, handles nothing
    // either, which says nothing of its replicas.
    const isUnderWay = sample.members === last.members && seconds < longestMessageSeconds
    return isUnderWay ? known : { ...known, last: sample }
  }
  const intervals = [
    ...(busy === known.busy ? known.intervals.filter(({ to }) => to > sample.at - windowMs) : []),
    {
      ...{ to: sample.at, seconds, handled, memberSeconds: members * seconds },
      lagSeconds: ((last.lag + sample.lag) / 2) * seconds,
    },
  ]
  const next = { ...known, last: sample, busy, intervals }
  if (sum(intervals, (each) => each.seconds) < leastSeconds) return next
  const perSecond = busy ? busyRate(intervals) : Math.max(leastRate(intervals, concurrency), known.perSecond ?? 0)
  if (!busy && (known.perSecond === undefined || perSecond === known.perSecond)) return next
  return { ...next, perSecond, measuredAt: sample.at }
}

function busyRate(intervals: readonly Interval[]): number {
  return sum(intervals, ({ handled }) => handled) / sum(intervals, ({ memberSeconds }) => memberSeconds)
}

/**
 * What a stage that keeps up shows: a message takes at most mean lag ÷ rate (Little's law), so a
 * replica is at least that fast. Without it a stage that was slow once would be taken for slow for
 * as long as it keeps up.
 */
function leastRate(intervals: readonly Interval[], concurrency: number): number {
  const seconds = sum(intervals, (each) => each.seconds)
  const meanLag = sum(intervals, ({ lagSeconds }) => lagSeconds) / seconds
  const rate = sum(intervals, ({ handled }) => handled) / seconds
  return (concurrency * rate) / Math.max(meanLag, leastMeanLag)
}

const sum = (intervals: readonly Interval[], of: (interval: Interval) => number): number =>
  intervals.reduce((total, each) => total + of(each), 0)
