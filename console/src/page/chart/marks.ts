// What on a timeline is not a figure? The times in which a stage stood still, and those at which
// replicas joined or left its consumer group, which then rebalances. Pure.
import type { Sample } from '../../model/state.ts'
import { ownGapMs } from './scales.ts'

export interface Period {
  /** Unix milliseconds. */
  readonly from: number
  readonly to: number
}

/** From the first sample that says so to the one that does not any more. */
export function standstillsOf(samples: readonly Sample[], gapMs = ownGapMs): readonly Period[] {
  const periods: Period[] = []
  let from: number | undefined
  let before = -Infinity
  for (const { at, standing } of samples) {
    if (from !== undefined && (!standing || at - before > gapMs)) {
      periods.push({ from, to: at - before > gapMs ? before : at })
      from = undefined
    }
    if (standing) from ??= at
    before = at
  }
  return from === undefined ? periods : [...periods, { from, to: before }]
}

/** Shorter ones are the usual course of a rebalance. */
const noticeableSeconds = 5

/** The times in which a replica waited for its group, as long as they were. */
export function rebalanceBandsOf(samples: readonly Sample[]): readonly Period[] {
  return samples.flatMap(({ at, rebalanceSeconds = 0 }) =>
    rebalanceSeconds < noticeableSeconds ? [] : [{ from: at - rebalanceSeconds * 1_000, to: at }],
  )
}

export interface Rebalance {
  /** Unix milliseconds of the sample that said so last. */
  readonly at: number
  /** How long partitions of a replica were not fetched, at most. */
  readonly seconds: number
}

/**
 * Noticeable ones. Samples in a row that say so are one: each is of a time that may reach into that
 * of the sample before.
 */
export function rebalancesOf(samples: readonly Sample[], gapMs = ownGapMs): readonly Rebalance[] {
  const rebalances: Rebalance[] = []
  for (const { at, rebalanceSeconds = 0 } of samples) {
    if (rebalanceSeconds < noticeableSeconds) continue
    const last = rebalances.at(-1)
    const goesOn = last !== undefined && at - last.at <= gapMs
    if (goesOn) rebalances.pop()
    rebalances.push({ at, seconds: Math.max(rebalanceSeconds, goesOn ? last.seconds : 0) })
  }
  return rebalances
}

/** When the consumer group had other members, or has rebalanced. */
export function memberChangesOf(samples: readonly Sample[], gapMs = ownGapMs): readonly number[] {
  return samples.flatMap(({ at, ready, rebalanceSeconds }, index) => {
    const before = samples[index - 1]
    const changed = before !== undefined && before.ready !== ready && at - before.at <= gapMs
    return changed || rebalanceSeconds !== undefined ? [at] : []
  })
}
