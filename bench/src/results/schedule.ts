// Which runs are still to do, in which order, and how long will they take? Pure.
import { waysOf } from './comparison.ts'
import type { Comparison } from './comparison.ts'
import type { Environment } from './environment.ts'
import type { FinishedRun } from './store.ts'

export interface PlannedRun {
  readonly pair: number
  readonly way: string
}

/** On what a run counts: with runs on anything else it makes no pair. */
export interface Measured {
  readonly environment: Environment
  readonly commit: string
}

/**
 * The runs of a comparison that stand in its table: those of one commit, the last one with all
 * pairs. Where none has them, those of the present commit.
 */
export function countedRuns(
  comparison: Comparison,
  runs: readonly FinishedRun[],
  pairs: number,
  { environment, commit }: Measured,
): readonly FinishedRun[] {
  const same = (one: object, other: object) => JSON.stringify(one) === JSON.stringify(other)
  const usable = runs.filter(
    (run) =>
      run.comparison === comparison.name && same(run.size, comparison.size) && same(run.environment, environment),
  )
  const of = (one: string) => usable.filter((run) => run.commit === one)
  const commits = [...new Set(usable.map((run) => run.commit))]
  const complete = commits.filter((one) => plannedRuns(comparison, of(one), pairs).length === 0)
  return of(complete.at(-1) ?? commit)
}

/** A B, B A, A B …: each way goes first as often as last. */
export function plannedRuns(
  comparison: Pick<Comparison, 'here' | 'alternatives'>,
  finished: readonly FinishedRun[],
  pairs: number,
): PlannedRun[] {
  const names = waysOf(comparison).map(({ name }) => name)
  return Array.from({ length: pairs }, (_, index) => index + 1).flatMap((pair) =>
    (pair % 2 === 1 ? names : names.toReversed())
      .filter((way) => !finished.some((run) => run.pair === pair && run.way === way))
      .map((way) => ({ pair, way })),
  )
}

/** The mean of the runs of the same way, or what is typical. */
export function secondsOf(
  comparison: Pick<Comparison, 'name' | 'secondsPerRun'>,
  way: string,
  runs: readonly FinishedRun[],
): number {
  const past = runs.filter((run) => run.comparison === comparison.name && run.way === way)
  if (past.length === 0) return comparison.secondsPerRun
  return past.reduce((sum, { seconds }) => sum + seconds, 0) / past.length
}

/** The pairs in which every way has a run. */
export function wholePairs(
  comparison: Pick<Comparison, 'here' | 'alternatives'>,
  runs: readonly FinishedRun[],
): ReadonlyMap<string, FinishedRun>[] {
  const names = waysOf(comparison).map(({ name }) => name)
  const pairs = [...new Set(runs.map(({ pair }) => pair))].toSorted((a, b) => a - b)
  return pairs
    .map((pair) => new Map(runs.filter((run) => run.pair === pair).map((run) => [run.way, run])))
    .filter((byWay) => names.every((name) => byWay.has(name)))
}
