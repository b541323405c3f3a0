// How fast are single functions, here or against another commit? Each measurement is a process of
// its own; those of two checkouts take turns.
import { join } from 'node:path'
import type { Row } from '../table.ts'
import { compareCases, comparisonRows, figureRows, summaryOf } from './compare.ts'
import type { Absence, Pair } from './compare.ts'
import { availableIn, measureIn } from './fresh-process.ts'
import type { Checkout } from './fresh-process.ts'
import { git } from '../git.ts'
import type { Measurement } from './measure.ts'
import { sameDependencies, withWorktree } from './worktree.ts'

export const project = join(import.meta.dirname, '../../..')

export interface MicroOptions {
  readonly cases: readonly string[]
  readonly runs: number
  /** For each case in each run, after a warm-up of the same time. */
  readonly milliseconds: number
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

export async function benchMicro({ cases, runs, milliseconds, signal, say }: MicroOptions): Promise<Row[]> {
  const measurements: (readonly Measurement[])[] = []
  for (let run = 1; run <= runs; run++) {
    say(`run ${run} of ${runs} …`)
    measurements.push(await measureIn({ root: project, signal }, cases, milliseconds))
  }
  return figureRows(cases, measurements)
}

/** A failure of a case here is an error; one in the other commit leaves the case out there. */
export async function benchMicroAgainst(commit: string, options: MicroOptions): Promise<Row[]> {
  const { cases, runs, signal, say } = options
  say(`against ${await git(project, ['log', '-1', '--format=%h %s', commit])}`)
  return withWorktree(project, commit, signal, async (root) => {
    const [here, before] = [project, root].map((each): Checkout => ({ root: each, signal }))
    if (!here || !before) return []
    if (!(await sameDependencies(project, root)))
      say('package-lock.json has changed since: both use the versions that are installed here')
    const absences = await absencesIn(before, cases)
    for (const [name, { verdict, reason }] of absences) say(`${verdict}: ${name} (${reason})`)
    // What both have comes first, in the same order: what ran before decides what is compiled.
    const common = cases.filter((name) => !absences.has(name))
    const pairs = await measuredPairs(here, before, common, [...absences.keys()], options)
    const comparisons = compareCases(cases, pairs, absences)
    for (const line of summaryOf(comparisons, runs)) say(line)
    return comparisonRows(comparisons)
  })
}

async function absencesIn(before: Checkout, cases: readonly string[]): Promise<ReadonlyMap<string, Absence>> {
  const availabilities = await availableIn(before, cases)
  return new Map(
    availabilities.flatMap(({ name, state, reason }): [string, Absence][] => {
      switch (state) {
        case 'available':
          return []
        case 'missing':
          return [[name, { verdict: 'new', reason }]]
        case 'failed':
          return [[name, { verdict: 'fails before', reason }]]
      }
    }),
  )
}

async function measuredPairs(
  here: Checkout,
  before: Checkout,
  common: readonly string[],
  onlyHere: readonly string[],
  { runs, milliseconds, say }: MicroOptions,
): Promise<Pair[]> {
  const measuredHere = () => measureIn(here, [...common, ...onlyHere], milliseconds)
  const measuredBefore = () => measureIn(before, common, milliseconds)
  const pairs: Pair[] = []
  for (let pair = 1; pair <= runs; pair++) {
    say(`pair ${pair} of ${runs} …`)
    if (pair % 2 === 1) pairs.push({ here: await measuredHere(), before: await measuredBefore() })
    else {
      const first = await measuredBefore()
      pairs.push({ here: await measuredHere(), before: first })
    }
  }
  return pairs
}
