// How many replicas of a stage are of use? Replicas that share something (a database, a provider's
// rate, one hot key) handle no more messages beyond a number of them. That number is seen by
// comparing how fast the stage is with fewer and with more replicas, while messages wait for all of
// them; beyond it none is asked for, until the stage shows otherwise or it is time to try again.
import { leastWaitingLag } from './replica-rate.ts'

/** A look at a stage. */
export interface KneeSample {
  /** Milliseconds. */
  readonly at: number
  /** Members of the consumer group. */
  readonly members: number
  /** Replicas that its Deployment asks for. */
  readonly current: number
  /** Messages handled since the beginning. */
  readonly handled: number
  /** Messages that have come and are not handled. */
  readonly lag: number
}

export interface Knee {
  readonly last?: KneeSample
  /** Looks at the same members in a row, all of them busy. */
  readonly stretch?: { readonly members: number; readonly since: number; readonly counted?: KneeSample }
  /** What fewer replicas than now handled. */
  readonly reference?: Pace
  /** When replicas were last added; absent once their effect is known. */
  readonly addedAt?: number
  readonly verdict?: KneeVerdict
  /** Until then no verdict is reached: the last one turned out to be wrong. */
  readonly trustedUntil?: number
}

interface Pace {
  readonly replicas: number
  /** Messages a second of all of them. */
  readonly perSecond: number
  readonly at: number
}

export interface KneeVerdict {
  readonly replicas: number
  /** Messages a second of the whole stage when it was reached. */
  readonly perSecond: number
  /** More replicas may be tried from then on, in milliseconds. */
  readonly retryAt: number
  /** How often it was reached in a row. */
  readonly times: number
}

export const noKnee: Knee = {}

/** A group that has just rebalanced catches up. */
const settleMs = 5_000
/** A pace over a shorter time is noise. */
const leastMs = 10_000
/** Added replicas whose effect is not seen by then are not waited for. */
const longestWaitMs = 60_000
/** A pace with fewer replicas that is older says nothing of now: messages may be others. */
const referenceMs = 600_000
/** A third of the replicas or more brought nothing. */
const leastExcess = 1.5
/** The pace with fewer replicas shows by that much that the verdict does not hold. */
const change = { less: 0.75, more: 1.25 } as const
const firstRetryMs = 300_000
const longestRetryMs = 2_400_000

/** `concurrency`: messages that a replica handles at once. */
export function withKneeSample(known: Knee, sample: KneeSample, concurrency: number): Knee {
  const { last } = known
  if (!last || sample.at <= last.at || sample.handled < last.handled) return { ...known, last: sample }
  const added = sample.current > last.current
  const seconds = (sample.at - last.at) / 1_000
  const least = leastWaitingLag(sample.members, concurrency, (sample.handled - last.handled) / seconds)
  const busy = sample.members > 0 && Math.min(last.lag, sample.lag) >= least
  const { stretch: before, addedAt: _addedAt, ...rest } = known
  const addedAt = added ? sample.at : known.addedAt
  const waiting = addedAt !== undefined && sample.at - addedAt < longestWaitMs ? { addedAt } : {}
  if (!busy) return { ...rest, ...waiting, last: sample }
  const stretch = before?.members === sample.members ? before : { members: sample.members, since: sample.at }
  const next = { ...rest, ...waiting, last: sample, stretch }
  if (sample.at - stretch.since < settleMs) return next
  if (!stretch.counted) return { ...next, stretch: { ...stretch, counted: sample } }
  const countedMs = sample.at - stretch.counted.at
  if (countedMs < leastMs) return next
  const perSecond = ((sample.handled - stretch.counted.handled) * 1_000) / countedMs
  // Counted anew each time: what the same replicas handle may change.
  const again = { ...next, stretch: { ...stretch, counted: sample } }
  return perSecond === 0 ? again : judged(again, { replicas: sample.members, perSecond, at: sample.at }, sample.current)
}

/** The most replicas to ask for; undefined where every one is of use as far as is known. */
export function usefulReplicas({ verdict }: Knee, now: number): number | undefined {
  if (!verdict) return undefined
  return now < verdict.retryAt ? verdict.replicas : Math.ceil(verdict.replicas * leastExcess) + 1
}

/**
 * Whether replicas were added of which it is not known yet what they bring, though it will be: more
 * can wait for that.
 */
export const isJudging = ({ addedAt, stretch }: Knee): boolean => addedAt !== undefined && stretch !== undefined

/** What a pace with so many replicas says. */
function judged(known: Knee, pace: Pace, current: number): Knee {
  const { addedAt: waiting, verdict: before, reference, ...rest } = known
  // Those that have been added are not all there yet.
  if (waiting !== undefined && pace.replicas < 0.9 * current) return known
  const verdict = before && upheld(before, pace)
  if (before && !verdict)
    return { ...rest, reference: pace, trustedUntil: pace.at + (isSlower(before, pace) ? firstRetryMs : 0) }
  const kept = verdict ? { verdict } : {}
  const fewer = verdict && verdict.replicas < pace.replicas ? { ...verdict, at: pace.at } : reference
  if (!fewer || pace.replicas <= fewer.replicas || pace.at - fewer.at > referenceMs)
    return { ...rest, ...kept, reference: pace }
  const useful = Math.max(fewer.replicas, Math.ceil((fewer.replicas * pace.perSecond) / fewer.perSecond - 0.05))
  const isUseless = useful * leastExcess <= pace.replicas && pace.at >= (known.trustedUntil ?? -Infinity)
  if (isUseless) return { ...rest, reference: fewer, verdict: reached(verdict, useful, pace) }
  if (verdict && pace.at < verdict.retryAt) return { ...rest, ...kept, reference: fewer }
  // So few more replicas say nothing yet, and are compared with the same as the next ones.
  return { ...rest, reference: pace.replicas < 1.2 * fewer.replicas ? fewer : pace, ...retried(verdict, useful, pace) }
}

/**
 * While there are still more replicas than are of use, nothing new is learnt; a further trial that
 * failed makes the next one later.
 */
function reached(before: KneeVerdict | undefined, replicas: number, { perSecond, at }: Pace): KneeVerdict {
  if (before && at < before.retryAt) return before
  const times = (before?.times ?? 0) + 1
  const retryMs = Math.min(longestRetryMs, firstRetryMs * 2 ** (times - 1))
  return { replicas, perSecond, retryAt: at + retryMs, times }
}

/**
 * A trial with too few more replicas to tell goes on with as many as seem to be of use; one that
 * helped ends the verdict.
 */
const retried = (before: KneeVerdict | undefined, useful: number, pace: Pace): { readonly verdict?: KneeVerdict } =>
  before && useful < pace.replicas * 0.8 ? { verdict: { ...before, replicas: useful } } : {}

/**
 * Undefined where the replicas that are of use show otherwise: fewer of them handle much less, or
 * much more.
 */
function upheld(verdict: KneeVerdict, { replicas, perSecond }: Pace): KneeVerdict | undefined {
  if (replicas > verdict.replicas * 1.1) return verdict
  const share = perSecond / verdict.perSecond
  const enough = replicas >= verdict.replicas * 0.9
  return (enough && share < change.less) || share > change.more ? undefined : verdict
}

const isSlower = (verdict: KneeVerdict, { perSecond }: Pace): boolean => perSecond < verdict.perSecond
