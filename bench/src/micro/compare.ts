// What do paired measurements of two checkouts say? A case is slower or faster only where all
// measurements of one side are beyond all of the other. Pure.
import { spreadOf } from '../results/statistics.ts'
import type { Spread } from '../results/statistics.ts'
import type { Row } from '../table.ts'
import type { Measurement } from './measure.ts'

/** One measurement of each checkout, one after the other. */
export interface Pair {
  readonly here: readonly Measurement[]
  readonly before: readonly Measurement[]
}

/**
 * `new`: the other commit does not have it. `fails before`: it has, and the case does not work
 * there.
 */
export type Verdict = 'slower' | 'faster' | 'new' | 'fails before' | ''

export interface CaseComparison {
  readonly name: string
  /** Operations a second. */
  readonly here: Spread
  /** None where the other commit was not measured. */
  readonly before?: Spread
  /** here / before within each pair. */
  readonly ratio?: Spread
  readonly verdict: Verdict
}

/**
 * With fewer pairs a case stands out by chance: for two sides of five, each case in one of 126
 * comparisons.
 */
export const fewestPairs = 5
/** A smaller one comes and goes with the layout of the code in memory. */
export const leastDifference = 0.05

/** Why a case has no figure of the other commit. */
export interface Absence {
  readonly verdict: 'new' | 'fails before'
  readonly reason: string
}

/** One for each of `names`, which have all been measured here. */
export function compareCases(
  names: readonly string[],
  pairs: readonly Pair[],
  absences: ReadonlyMap<string, Absence> = new Map(),
): readonly CaseComparison[] {
  return names.map((name): CaseComparison => {
    const here = pairs.map((pair) => perSecondOf(name, pair.here)).filter((figure) => figure !== undefined)
    const absence = absences.get(name)
    if (absence) return { name, here: spreadOf(here), verdict: absence.verdict }
    const before = pairs.map((pair) => perSecondOf(name, pair.before)).filter((figure) => figure !== undefined)
    const ratio = spreadOf(here.map((figure, index) => figure / (before[index] ?? NaN)))
    const spreads = { here: spreadOf(here), before: spreadOf(before), ratio }
    return { name, ...spreads, verdict: here.length < fewestPairs ? '' : verdictOf(spreads) }
  })
}

function verdictOf({ here, before, ratio }: Record<'here' | 'before' | 'ratio', Spread>): Verdict {
  if (here.max < before.min && ratio.median <= 1 - leastDifference) return 'slower'
  if (here.min > before.max && ratio.median >= 1 / (1 - leastDifference)) return 'faster'
  return ''
}

export function comparisonRows(comparisons: readonly CaseComparison[]): Row[] {
  return comparisons.map(({ name, here, before, ratio, verdict }) => ({
    case: name,
    'here/s': rounded(here.median),
    'here, least to most': range(here, rounded),
    'before/s': before ? rounded(before.median) : '',
    'before, least to most': before ? range(before, rounded) : '',
    'here / before': ratio ? ratio.median.toFixed(2) : '',
    'in the pairs': ratio ? range(ratio, (value) => value.toFixed(2)) : '',
    verdict,
  }))
}

/** The figures of one checkout. */
export function figureRows(names: readonly string[], runs: readonly (readonly Measurement[])[]): Row[] {
  return names.map((name) => {
    const figures = spreadOf(runs.map((run) => perSecondOf(name, run) ?? NaN))
    return { case: name, 'operations/s': rounded(figures.median), 'least to most': range(figures, rounded) }
  })
}

/** The sentences after the table. */
export function summaryOf(comparisons: readonly CaseComparison[], pairs: number): readonly string[] {
  if (pairs < fewestPairs) return [`no case is called slower or faster: that takes ${fewestPairs} runs or more`]
  const namesOf = (verdict: Verdict) => comparisons.filter((one) => one.verdict === verdict).map(({ name }) => name)
  const lines = (['slower', 'faster'] as const).flatMap((verdict) => {
    const names = namesOf(verdict)
    return names.length === 0 ? [] : [`${verdict} beyond the whole spread: ${names.join('; ')}`]
  })
  return lines.length === 0 ? ['no case is slower or faster beyond the whole spread'] : lines
}

function perSecondOf(name: string, measurements: readonly Measurement[]): number | undefined {
  return measurements.find((one) => one.name === name)?.perSecond
}

function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

function range({ min, max }: Spread, text: (value: number) => number | string): string {
  const [least, most] = [min, max]
    .map(text)
    .map((value) => (typeof value === 'number' ? value.toLocaleString('en') : value))
  return `${least} – ${most}`
}
