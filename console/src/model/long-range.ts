// Which times does the scaling view show beyond the console's own history, where a Prometheus keeps
// the figures? How far apart their samples are follows from the time. Pure.
import type { PartHistory } from './state.ts'

export interface LongRange {
  readonly minutes: number
  /** From one sample to the next. */
  readonly stepMs: number
}

/** Each has 720 samples: more than a picture has pixels for would show nothing more. */
export const longRanges: readonly LongRange[] = [
  { minutes: 360, stepMs: 30_000 },
  { minutes: 1_440, stepMs: 120_000 },
]

export function longRangeOf(minutes: number): LongRange | undefined {
  return longRanges.find((range) => range.minutes === minutes)
}

/** The history of one part over a long range, or why there is none. */
export type LongAnswer = { readonly history: PartHistory } | { readonly trouble: string }
