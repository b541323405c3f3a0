// npm run bench: how is this project compared with what one would build instead? Pair by pair; each
// finished run is kept at once, and a second call goes on after the last one.
import type { Comparison, Ground, Sample, Session } from './comparison.ts'
import { waysOf } from './comparison.ts'
import type { Environment } from './environment.ts'
import type { Result } from './markdown.ts'
import { countedRuns, plannedRuns, secondsOf } from './schedule.ts'
import type { PlannedRun } from './schedule.ts'
import { addRun, readRuns, writeRuns } from './store.ts'
import type { FinishedRun } from './store.ts'

export interface ResultsOptions {
  readonly comparisons: readonly Comparison[]
  readonly ground: Ground
  readonly pairs: number
  /** Forgets the runs of these comparisons first. */
  readonly fresh: boolean
  /** The finished runs, one a line. */
  readonly file: string
  /** What is measured, and on what. */
  readonly commit: string
  readonly environment: Environment
  /** Once it is aborted, the run under way is the last one. */
  readonly signal: AbortSignal
  readonly now: () => Date
  readonly say: (line: string) => void
}

export interface Results {
  /** The runs that count, also those of a comparison that an earlier call has measured. */
  readonly result: (comparison: Comparison) => Result
  /** A line for each comparison that could not be finished. */
  readonly failures: readonly string[]
}

export async function measureResults(options: ResultsOptions): Promise<Results> {
  const { comparisons, file, pairs, commit, environment, fresh, say } = options
  const names = new Set(comparisons.map(({ name }) => name))
  const runs = (await readRuns(file)).filter((run) => !fresh || !names.has(run.comparison))
  await writeRuns(file, runs) // without what a killed call has begun to write
  const counted = (comparison: Comparison): readonly FinishedRun[] => {
    const enough = names.has(comparison.name) ? pairs : 1
    return countedRuns(comparison, runs, enough, { environment, commit })
  }
  const plan = comparisons.map((comparison) => ({
    comparison,
    planned: plannedRuns(comparison, counted(comparison), pairs),
  }))
  const progress = progressOf(plan, runs, say)
  const failures: string[] = []
  for (const { comparison, planned } of plan) {
    if (planned.length === 0 || options.signal.aborted) continue
    try {
      for await (const run of measured(comparison, planned, options, progress)) {
        const finished = { ...run, commit, environment, date: options.now().toISOString() }
        runs.push(finished)
        await addRun(file, finished)
      }
    } catch (error) {
      if (options.signal.aborted) continue // the servers may have received the same signal
      failures.push(`${comparison.name}: ${String(error)}`)
      say(failures.at(-1) ?? '')
      progress.drop(comparison)
    }
  }
  return { failures, result: (comparison) => ({ comparison, runs: counted(comparison) }) }
}

type MeasuredRun = Omit<FinishedRun, 'commit' | 'environment' | 'date'>

async function* measured(
  comparison: Comparison,
  planned: readonly PlannedRun[],
  { ground, signal, say }: ResultsOptions,
  progress: Progress,
): AsyncGenerator<MeasuredRun> {
  const session = await comparison.open(ground, (line) => say(`  ${line}`))
  try {
    for (const { pair, way } of planned) {
      if (signal.aborted) return
      const end = progress.begin(comparison, { pair, way })
      const startedAt = performance.now()
      const { value, more = {}, accepted, present } = await sampleOf(session, way).finally(end)
      const seconds = (performance.now() - startedAt) / 1_000
      yield { comparison: comparison.name, way, pair, value, more, accepted, present, seconds, size: comparison.size }
    }
  } finally {
    await session.close()
  }
}

/** @throws Error where something accepted is missing, or there is more than was accepted */
async function sampleOf(session: Session, way: string): Promise<Sample> {
  const sample = await session.run(way)
  if (sample.accepted !== sample.present || sample.accepted === 0)
    throw new Error(`${way}: found ${sample.present} of ${sample.accepted} accepted; allowed: all, and no more`)
  if (!Number.isFinite(sample.value)) throw new Error(`${way}: found no figure; allowed: a number`)
  return sample
}

interface Progress {
  /** Returns what is to be called at the end of the run. */
  begin(comparison: Comparison, run: PlannedRun): () => void
  /** The comparison has failed: its other runs will not begin. */
  drop(comparison: Comparison): void
}

/** A run that takes longer says so now and then. */
const sayEveryMs = 30_000

function progressOf(
  plan: readonly { readonly comparison: Comparison; readonly planned: readonly PlannedRun[] }[],
  runs: readonly FinishedRun[],
  say: (line: string) => void,
): Progress {
  let remaining = plan.flatMap(({ comparison, planned }) => planned.map((run) => ({ comparison, ...run })))
  const total = remaining.length
  say(total === 0 ? 'all runs are there' : `${total} runs, about ${leftText(remaining, runs)}`)
  return {
    begin: (comparison, { pair, way }) => {
      const title = waysOf(comparison).find(({ name }) => name === way)?.title ?? way
      const number = total - remaining.length + 1
      say(
        `${number} of ${total}: ${comparison.title}; ${title}, pair ${pair} … (about ${leftText(remaining, runs)} left)`,
      )
      const typical = Math.round(secondsOf(comparison, way, runs))
      const startedAt = performance.now()
      const timer = setInterval(() => {
        say(`  ${Math.round((performance.now() - startedAt) / 1_000)} s, of about ${typical} s`)
      }, sayEveryMs)
      return () => {
        clearInterval(timer)
        remaining = remaining.filter((run) => run.comparison !== comparison || run.pair !== pair || run.way !== way)
      }
    },
    drop: (comparison) => {
      remaining = remaining.filter((run) => run.comparison !== comparison)
    },
  }
}

function leftText(
  remaining: readonly (PlannedRun & { readonly comparison: Comparison })[],
  runs: readonly FinishedRun[],
): string {
  const seconds = remaining.reduce((sum, { comparison, way }) => sum + secondsOf(comparison, way, runs), 0)
  return seconds >= 90 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds)} s`
}
