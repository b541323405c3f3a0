// Where on a chart is a figure, and which marks stand at its edges? Pure.
import type { Sample } from '../../model/state.ts'

export interface Frame {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  /** Unix milliseconds. */
  readonly from: number
  readonly to: number
  /** The value at the top; 0 is at the bottom. */
  readonly most: number
}

export function xOf({ left, width, from, to }: Frame, at: number): number {
  return round(left + (width * (Math.max(from, Math.min(to, at)) - from)) / Math.max(1, to - from))
}

export function yOf({ top, height, most }: Frame, value: number): number {
  return round(top + height * (1 - value / most))
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10
}

/** From 0 up to a round number that is not below `most`: 1, 2 or 5 times a power of ten apart. */
export function niceTicks(most: number, count = 4): readonly number[] {
  const rough = Math.max(most, 1) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(
    1,
    [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough - 1e-9) ?? power * 10,
  )
  const steps = Math.ceil(Math.max(most, 1) / step - 1e-9)
  return Array.from({ length: steps + 1 }, (_, index) => index * step)
}

const minuteSteps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240]

/** Whole minutes, as many as their labels fit. */
export function timeTicks(from: number, to: number, most: number): readonly number[] {
  const minutes = (to - from) / 60_000
  const step = (minuteSteps.find((one) => minutes / one <= most) ?? 360) * 60_000
  const first = Math.ceil(from / step) * step
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, index) => first + index * step)
}

/**
 * A gap longer than this was no measurement: the line is broken there. The console's own samples
 * are five seconds apart.
 */
export const ownGapMs = 30_000

/** Runs of samples with a figure, each without a gap. */
export function runs(
  samples: readonly Sample[],
  of: (sample: Sample) => number | null,
  gapMs = ownGapMs,
): readonly Point[][] {
  const all: Point[][] = []
  let run: Point[] = []
  let before = -Infinity
  for (const sample of samples) {
    const value = of(sample)
    if (value === null || sample.at - before > gapMs) {
      if (run.length > 0) all.push(run)
      run = []
    }
    if (value !== null) run.push({ at: sample.at, value })
    before = sample.at
  }
  return run.length > 0 ? [...all, run] : all
}

export interface Point {
  readonly at: number
  readonly value: number
}

export function linePath(frame: Frame, run: readonly Point[]): string {
  return run.map(({ at, value }, index) => `${index === 0 ? 'M' : 'L'}${xOf(frame, at)} ${yOf(frame, value)}`).join('')
}

/** Level until the next sample: replicas are whole. */
export function stepPath(frame: Frame, run: readonly Point[]): string {
  return run
    .map(
      ({ at, value }, index) =>
        `${index === 0 ? `M${xOf(frame, at)} ${yOf(frame, value)}` : `H${xOf(frame, at)}V${yOf(frame, value)}`}`,
    )
    .join('')
}

export function closed(frame: Frame, run: readonly Point[], path: string): string {
  const [first, last] = [run[0], run.at(-1)]
  if (!first || !last) return ''
  const floor = yOf(frame, 0)
  return `${path}V${floor}H${xOf(frame, first.at)}Z`
}

export function nearest(samples: readonly Sample[], at: number): Sample | undefined {
  return samples.reduce<Sample | undefined>(
    (best, sample) => (best === undefined || Math.abs(sample.at - at) < Math.abs(best.at - at) ? sample : best),
    undefined,
  )
}

/** At most so many, evenly taken, the last one among them. */
export function thinned<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items
  const step = (items.length - 1) / (most - 1)
  return Array.from({ length: most }, (_, index) => items[Math.round(index * step)]!)
}
