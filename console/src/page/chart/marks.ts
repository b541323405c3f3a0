// What on a timeline is not a figure? The times in which a stage stood still, and those at which
// replicas joined or left its consumer group, which then rebalances. Pure.
import type { Sample } from '../../model/state.ts'

export interface Period {
  /** Unix milliseconds. */
  readonly from: number
  readonly to: number
}

/** Samples are seconds apart; a longer gap was no measurement. */
const gapMs = 30_000

/** From the first sample that says so to the one that does not any more. */
export function standstillsOf(samples: readonly Sample[]): readonly Period[] {
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

export function memberChangesOf(samples: readonly Sample[]): readonly number[] {
  return samples.flatMap(({ at, ready }, index) => {
    const before = samples[index - 1]
    return before === undefined || before.ready === ready || at - before.at > gapMs ? [] : [at]
  })
}
