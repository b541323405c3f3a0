// How many replicas of a stage are useful? Replicas that share a resource (a database, a provider's
// rate, one hot key) handle no more messages beyond a number of them. That number is found by
// comparing the stage's rate with fewer and with more replicas, while messages wait for all of
// them. No more replicas are requested until the rate says otherwise or it is time for another
// trial.
import { isBusy } from './replica-rate.ts'

/** A sample of a stage. */
export interface UsefulReplicasSample {
  /** Milliseconds. */
  readonly at: number
  /** Members of the consumer group. */
  readonly members: number
  /** Replicas in the spec of its Deployment. */
  readonly current: number
  /** Messages handled since the beginning. */
  readonly handled: number
  /** Messages that have arrived and are not yet handled. */
  readonly lag: number
  /** As many of them as replicas can take (usable-lag.ts); absent means all. */
  readonly usable?: number
}

export interface UsefulReplicas {
  readonly last?: UsefulReplicasSample
  /** Consecutive samples with the same members, all of them busy. */
  readonly stretch?: { readonly members: number; readonly since: number; readonly counted?: UsefulReplicasSample }
  /** The rate of fewer replicas than now. */
  readonly reference?: Pace
  /** When replicas were last added; absent after their effect is known. */
  readonly addedAt?: number
  readonly verdict?: UsefulReplicasVerdict
  /** No verdict before this time: the last one turned out to be wrong. */
  readonly trustedUntil?: number
}

interface Pace {
  readonly replicas: number
  /** Messages a second of all of them. */
  readonly perSecond: number
  readonly at: number
}

export interface UsefulReplicasVerdict {
  readonly replicas: number
  /** Messages a second of the whole stage when the verdict was reached. */
  readonly perSecond: number
  /** Time from which more replicas may be tried, in milliseconds. */
  readonly retryAt: number
  /** How often the verdict was reached in a row. */
  readonly times: number
}

export const unknownUsefulReplicas: UsefulReplicas = {}

/** A group that has just rebalanced is still catching up. */
const settleMs = 5_000
/** A rate over a shorter time is noise. */
const leastMs = 10_000
/** Added replicas without a known effect after this time are no longer waited for. */
const longestWaitMs = 60_000
/** An older rate of fewer replicas does not count: messages may be others now. */
const referenceMs = 600_000
/** At least a third of the replicas brought nothing. */
const leastExcess = 1.5
/** The rate of fewer replicas differs by this factor: the verdict is wrong. */
const change = { less: 0.75, more: 1.25 } as const
const firstRetryMs = 300_000
const longestRetryMs = 2_400_000

/** `concurrency`: messages that a replica handles at once. */
export function withUsefulReplicasSample(
  usefulState: UsefulReplicas,
  sample: UsefulReplicasSample,
  concurrency: number,
): UsefulReplicas {
  const { last } = usefulState
  if (!last || sample.at <= last.at || sample.handled < last.handled) return { ...usefulState, last: sample }
  const added = sample.current > last.current
  const seconds = (sample.at - last.at) / 1_000
  const rate = (sample.handled - last.handled) / seconds
  const busy = [last, sample].every((one) => isBusy(one, sample.members, concurrency, rate))
  const { stretch: before, addedAt: _addedAt, ...rest } = usefulState
  const addedAt = added ? sample.at : usefulState.addedAt
  const waiting = addedAt !== undefined && sample.at - addedAt < longestWaitMs ? { addedAt } : {}
  if (!busy) return { ...rest, ...waiting, last: sample }
  const stretch = before?.members === sample.members ? before : { members: sample.members, since: sample.at }
  const next = { ...rest, ...waiting, last: sample, stretch }
  if (sample.at - stretch.since < settleMs) return next
  if (!stretch.counted) return { ...next, stretch: { ...stretch, counted: sample } }
  const countedMs = sample.at - stretch.counted.at
  if (countedMs < leastMs) return next
  const perSecond = ((sample.handled - stretch.counted.handled) * 1_000) / countedMs
  // Counted again each time: the rate of the same replicas may change.
  const again = { ...next, stretch: { ...stretch, counted: sample } }
  return perSecond === 0
    ? again
    : kneeAfter(again, { replicas: sample.members, perSecond, at: sample.at }, sample.current)
}

/**
 * The highest useful number of replicas; undefined where every one is useful as far as is known.
 */
export function usefulReplicas({ verdict }: UsefulReplicas, now: number): number | undefined {
  if (!verdict) return undefined
  return now < verdict.retryAt ? verdict.replicas : Math.ceil(verdict.replicas * leastExcess) + 1
}

/**
 * Whether the effect of added replicas is not known yet, but will be: further ones can wait for
 * that.
 */
export function isJudging({ addedAt, stretch }: UsefulReplicas): boolean {
  return addedAt !== undefined && stretch !== undefined
}

/** The next state, from a measured rate. */
function kneeAfter(usefulState: UsefulReplicas, pace: Pace, current: number): UsefulReplicas {
  const { addedAt: waiting, verdict: before, reference, ...rest } = usefulState
  // The added replicas are not all there yet.
  if (waiting !== undefined && pace.replicas < 0.9 * current) return usefulState
  const verdict = before && confirmedVerdict(before, pace)
  if (before && !verdict)
    return { ...rest, reference: pace, trustedUntil: pace.at + (isSlower(before, pace) ? firstRetryMs : 0) }
  const sameVerdict = verdict ? { verdict } : {}
  const fewer = verdict && verdict.replicas < pace.replicas ? { ...verdict, at: pace.at } : reference
  if (!fewer || pace.replicas <= fewer.replicas || pace.at - fewer.at > referenceMs)
    return { ...rest, ...sameVerdict, reference: pace }
  const useful = Math.max(fewer.replicas, Math.ceil((fewer.replicas * pace.perSecond) / fewer.perSecond - 0.05))
  const isUseless = useful * leastExcess <= pace.replicas && pace.at >= (usefulState.trustedUntil ?? -Infinity)
  if (isUseless) return { ...rest, reference: fewer, verdict: newVerdict(verdict, useful, pace) }
  if (verdict && pace.at < verdict.retryAt) return { ...rest, ...sameVerdict, reference: fewer }
  // With so few more replicas nothing can be concluded: the next ones are compared with the same
  // rate.
  return {
    ...rest,
    reference: pace.replicas < 1.2 * fewer.replicas ? fewer : pace,
    ...verdictAfterTrial(verdict, useful, pace),
  }
}

/**
 * While there are still more replicas than useful, nothing new is learnt; a further failed trial
 * delays the next one.
 */
function newVerdict(
  before: UsefulReplicasVerdict | undefined,
  replicas: number,
  { perSecond, at }: Pace,
): UsefulReplicasVerdict {
  if (before && at < before.retryAt) return before
  const times = (before?.times ?? 0) + 1
  const retryMs = Math.min(longestRetryMs, firstRetryMs * 2 ** (times - 1))
  return { replicas, perSecond, retryAt: at + retryMs, times }
}

/**
 * A trial with too few more replicas to decide goes on with the number that seems useful; one that
 * helped ends the verdict.
 */
function verdictAfterTrial(
  before: UsefulReplicasVerdict | undefined,
  useful: number,
  pace: Pace,
): { readonly verdict?: UsefulReplicasVerdict } {
  return before && useful < pace.replicas * 0.8 ? { verdict: { ...before, replicas: useful } } : {}
}

/**
 * Undefined where the useful replicas disprove the verdict: fewer of them handle much less, or much
 * more.
 */
function confirmedVerdict(
  verdict: UsefulReplicasVerdict,
  { replicas, perSecond }: Pace,
): UsefulReplicasVerdict | undefined {
  if (replicas > verdict.replicas * 1.1) return verdict
  const share = perSecond / verdict.perSecond
  const enough = replicas >= verdict.replicas * 0.9
  return (enough && share < change.less) || share > change.more ? undefined : verdict
}

function isSlower(verdict: UsefulReplicasVerdict, { perSecond }: Pace): boolean {
  return perSecond < verdict.perSecond
}
