// What do the answers of Prometheus say of each part? Samples as the console's own history has
// them, and the changes of the desired replicas that follow from them. Pure.
import type { PartHistory, Sample, Scaling } from '../model/state.ts'
import type { Figure } from './range-queries.ts'

/** The values of one figure of one part by their time, in Unix milliseconds. */
export type Values = ReadonlyMap<number, number>

/** By part. */
export type FigureValues = Readonly<Record<Figure, ReadonlyMap<string, Values>>>

/** As many as the console keeps of its own. */
const mostScalings = 200

/** `stepMs`: from one sample to the next. A time without replicas is a gap. */
export function partHistories(values: FigureValues, stepMs: number): ReadonlyMap<string, PartHistory> {
  return new Map(
    [...values.wanted.keys()].map((part) => {
      const samples = samplesOf(part, values)
      return [part, { samples, scalings: scalingsOf(samples, stepMs) }]
    }),
  )
}

function samplesOf(part: string, values: FigureValues): readonly Sample[] {
  const at = (figure: Figure, time: number): number | undefined => values[figure].get(part)?.get(time)
  return [...(values.wanted.get(part) ?? [])]
    .toSorted(([one], [other]) => one - other)
    .flatMap(([time, wanted]) => {
      const ready = at('ready', time)
      if (ready === undefined) return []
      const rebalanceSeconds = at('rebalanceSeconds', time)
      const standing = at('standing', time) === undefined ? {} : { standing: true as const }
      const rebalance = rebalanceSeconds === undefined ? {} : { rebalanceSeconds: rounded(rebalanceSeconds) }
      return [{ at: time, lag: at('lag', time) ?? null, wanted, ready, ...standing, ...rebalance }]
    })
}

function rounded(seconds: number): number {
  return Math.round(seconds * 10) / 10
}

/** Prometheus keeps no reasons. */
function scalingsOf(samples: readonly Sample[], stepMs: number): readonly Scaling[] {
  return samples
    .flatMap(({ at, wanted }, index): Scaling[] => {
      const before = samples[index - 1]
      if (before === undefined || before.wanted === wanted || at - before.at > stepMs) return []
      return [{ at, from: before.wanted, to: wanted, reasons: [] }]
    })
    .slice(-mostScalings)
}
