// How many operations a second does each case do in this process, and which of them can be measured
// in a checkout?
import { Bench } from 'tinybench'
import type { MicroCase, Workload } from './case.ts'
import { MissingSubjectError } from './tree.ts'
import type { Tree } from './tree.ts'

export interface Measurement {
  readonly name: string
  readonly perSecond: number
}

export interface Availability {
  readonly name: string
  /**
   * `missing`: the checkout does not have what is measured. `failed`: it has it, and the case does
   * not work with it.
   */
  readonly state: 'available' | 'missing' | 'failed'
  readonly reason: string
}

/** Fewest runs of a case that make a measurement, however short its time. */
const fewestRuns = 3

/**
 * Each case is warmed up for `milliseconds` and measured for as long. The figure is that of the run
 * that a quarter of all are faster than: on a busy machine half of them are interrupted.
 */
export async function measuredCases(
  tree: Tree,
  cases: readonly MicroCase[],
  milliseconds: number,
): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = []
  for (const one of cases) {
    const workload = await workloadOf(one, tree)
    globalThis.gc?.() // what the case before has left behind is not its cost
    measurements.push({ name: one.name, perSecond: await perSecondOf(workload, milliseconds) })
  }
  return measurements
}

/** Runs each case once. */
export function availableCases(tree: Tree, cases: readonly MicroCase[]): Promise<readonly Availability[]> {
  const failure = (error: unknown): Pick<Availability, 'state' | 'reason'> => ({
    state: error instanceof MissingSubjectError ? 'missing' : 'failed',
    reason: error instanceof Error ? error.message : String(error),
  })
  return Promise.all(
    cases.map(async (one) => {
      const result = await workloadOf(one, tree).then(() => ({ state: 'available', reason: '' }) as const, failure)
      return { name: one.name, ...result }
    }),
  )
}

/** Has run once. @throws Error where that run has not done what the case measures */
async function workloadOf({ name, prepare }: MicroCase, tree: Tree): Promise<Workload> {
  const workload = await prepare(tree)
  const successes = await workload.run()
  if (successes !== workload.operations)
    throw new Error(`${name}: found ${successes} operations as expected; allowed: all ${workload.operations}`)
  return workload
}

async function perSecondOf({ operations, run }: Workload, milliseconds: number): Promise<number> {
  const [time, iterations] = [milliseconds, fewestRuns]
  const bench = new Bench({
    time,
    iterations,
    warmupTime: time,
    warmupIterations: iterations,
    throws: true,
    retainSamples: true,
  })
  const [task] = await bench.add('run', run).run()
  if (task?.result.state !== 'completed') throw new Error(`found a measurement ${task?.result.state}`)
  const { samples = [] } = task.result.latency // sorted
  return (operations * 1_000) / (samples[Math.floor(samples.length / 4)] ?? NaN)
}
