// In which order is a plan of steps carried out? Each as soon as those it comes after are done, a
// few at a time; what was made from the same inputs before and still holds is left alone. A failure
// lets what is running finish and starts nothing more.
import type { StepProgress } from './progress.ts'

export interface Step {
  /** Unique in the plan; durations and inputs are remembered under it. */
  readonly name: string
  /** What the person reads. */
  readonly title: string
  readonly after: readonly string[]
  /** How long it takes on the first run, milliseconds, until it is known better. */
  readonly typicalMs: number
  /** Whether there is anything to do that is worth an estimate; a step without it always has. */
  readonly due?: () => Promise<boolean>
  /**
   * What its result depends on, and whether the result is still there: with both unchanged it is
   * skipped.
   */
  readonly unless?: { readonly inputs: () => Promise<string>; readonly holds: () => Promise<boolean> }
  /** May answer a few words on what came of it. */
  readonly run: (progress: StepProgress) => Promise<string | void>
}

/** What one step left behind for the next run. */
export interface StepRecord {
  readonly durationMs?: number
  readonly inputs?: string
}

export interface StepMemory {
  recall(name: string): StepRecord
  remember(name: string, record: StepRecord): Promise<void>
}

/** Told of everything as it happens, to show it. */
export interface StepObserver {
  started(step: Step, expectedMs: number): void
  noted(step: Step, text: string): void
  expected(step: Step, ms: number): void
  finished(step: Step, outcome: 'done' | 'unchanged', detail: string, elapsedMs: number): void
  failed(step: Step, error: unknown, elapsedMs: number): void
}

export class StepFailed extends Error {
  readonly reason = 'StepFailed'
  readonly retry = true
  readonly step: string

  constructor(step: Step, cause: unknown) {
    super(`${step.title}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.name = 'StepFailed'
    this.step = step.name
  }
}

export interface RunStepsOptions {
  readonly memory: StepMemory
  readonly observer: StepObserver
  /** Steps at once. */
  readonly concurrency: number
  /** How long a step is thought to take, milliseconds. */
  readonly expectedMs?: (step: Step) => number
}

export async function runSteps(steps: readonly Step[], options: RunStepsOptions): Promise<void> {
  refuseUnknown(steps)
  const waiting = new Set(steps)
  const done = new Set<string>()
  const running = new Map<Step, Promise<void>>()
  let failure: StepFailed | undefined

  while (waiting.size + running.size > 0) {
    for (const step of waiting) {
      if (failure || running.size >= options.concurrency) break
      if (!step.after.every((name) => done.has(name))) continue
      waiting.delete(step)
      const work = runStep(step, options)
        .then(
          () => void done.add(step.name),
          (error: unknown) => void (failure ??= new StepFailed(step, error)),
        )
        .finally(() => running.delete(step))
      running.set(step, work)
    }
    if (running.size === 0) break
    await Promise.race(running.values())
  }
  if (failure) throw failure
}

async function runStep(step: Step, { memory, observer, expectedMs }: RunStepsOptions): Promise<void> {
  const record = memory.recall(step.name)
  const started = performance.now()
  const elapsed = () => performance.now() - started
  observer.started(step, expectedMs?.(step) ?? record.durationMs ?? step.typicalMs)
  const due = (await step.due?.()) ?? true
  try {
    const inputs = await step.unless?.inputs()
    if (step.unless && record.inputs === inputs && (await step.unless.holds())) {
      return observer.finished(step, 'unchanged', '', elapsed())
    }
    const detail = await step.run({
      note: (text) => observer.noted(step, text),
      expect: (ms) => observer.expected(step, ms),
    })
    const took = due ? { durationMs: elapsed() } : {}
    await memory.remember(step.name, { ...took, ...(inputs !== undefined && { inputs }) })
    observer.finished(step, due ? 'done' : 'unchanged', detail ?? '', elapsed())
  } catch (error) {
    observer.failed(step, error, elapsed())
    throw error
  }
}

/** A misspelt dependency would otherwise wait for ever. */
function refuseUnknown(steps: readonly Step[]): void {
  const seen = new Set<string>()
  for (const step of steps) {
    const missing = step.after.find((name) => !seen.has(name))
    if (missing) throw new Error(`Step ${step.name} comes after ${missing}, which is not listed before it`)
    seen.add(step.name)
  }
}
