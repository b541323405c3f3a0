// Can a replica be as fast as the spec says? Until a busy stage was measured for long enough, its
// `workSeconds` count. Where they are far too short, a few seconds of work show it: so many
// messages would have been handled by then. So a burst of slow messages gets its replicas at the
// first decision, and not after a measurement.
import { isBusy } from './replica-rate.ts'
import type { RateSample } from './replica-rate.ts'

/** Consecutive samples in which the same members were busy. */
export interface BusyStretch {
  readonly first?: RateSample
  readonly last?: RateSample
}

/** A shorter time may lie between two commits of the same replica. */
const leastMs = 4_000
/**
 * A smaller difference is soon measured, and may come from a resource that the replicas share: more
 * of them would then be even slower.
 */
export const leastFactor = 5

/** `concurrency`: messages that a replica handles at once. */
export function withBusySample({ first, last }: BusyStretch, sample: RateSample, concurrency: number): BusyStretch {
  if (!last || sample.at <= last.at || sample.handled < last.handled || sample.members !== last.members)
    return { last: sample }
  const perSecond = ((sample.handled - last.handled) * 1_000) / (sample.at - last.at)
  const busy = isBusy(last, last.members, concurrency, perSecond)
  return { ...(busy ? { first: first ?? last } : {}), last: sample }
}

/**
 * The declared rate of a replica, or the highest that the handled messages allow, where that is far
 * less: all that is in flight counts as almost handled. A stage that has handled nothing may be
 * without a component that it needs, so that nothing follows.
 */
export function credibleRate({ first, last }: BusyStretch, declared: number, concurrency: number): number {
  if (!first || !last || last.at - first.at < leastMs || last.handled === first.handled) return declared
  const perMember = (last.handled - first.handled) / last.members + concurrency
  const most = (perMember * 1_000) / (last.at - first.at)
  return most * leastFactor < declared ? most : declared
}
