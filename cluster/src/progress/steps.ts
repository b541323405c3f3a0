// In which order is a plan of steps carried out? Each step starts as soon as the steps before it
// are done, a few at a time. A step whose inputs are unchanged and whose result still holds is
// skipped. After a failure the running steps finish and no new one starts.
import type { StepProgress } from './progress.ts'

export interface Step {
  /** Unique in the plan; durations and inputs are remembered under it. */
  readonly name: string
  /** What the person reads. */
  readonly title: string
  readonly after: readonly string[]
  /** How long it takes on the first run, milliseconds, until a measured time is there. */
  readonly typicalMs: number
  /** Whether there is anything to do that is worth an estimate; a step without it always has. */
  readonly due?: () => Promise<boolean>
  /**
   * What its result depends on, and whether the result is still there: with both unchanged it is
   * skipped.
   */
  readonly unless?: { readonly inputs: () => Promise<string>; readonly holds: () => Promise<boolean> }
  /** May return a few words about its result. */
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

/** Receives every event as it happens, to show it. */
export interface StepObserver {
  started(step: Step, expectedMs: number): void
  noted(step: Step, text: string): void
  expected(step: Step, ms: number): void
  finished(step: Step, outcome: 'done' | 'unchanged', detail: string, elapsedMs: number): void
  failed(step: Step, error: unknown, elapsedMs: number): void
}

export class StepError extends Error {
  override readonly name = 'StepError'
  readonly reason = 'StepFailed'
  readonly retry = true
  readonly step: string

  constructor(step: Step, cause: unknown) {
    super(`${step.title}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
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
  const finishedNames = new Set<string>()
  const running = new Map<Step, Promise<void>>()
  let failure: StepError | undefined

  while (waiting.size + running.size > 0) {
    for (const step of waiting) {
      if (failure || running.size >= options.concurrency) break
      if (!step.after.every((name) => finishedNames.has(name))) continue
      waiting.delete(step)
      const work = runStep(step, options)
        .then(
          () => void finishedNames.add(step.name),
          (error: unknown) => void (failure ??= new StepError(step, error)),
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
  const startedAt = performance.now()
  const elapsed = () => performance.now() - startedAt
  observer.started(step, expectedMs?.(step) ?? record.durationMs ?? step.typicalMs)
  const isDue = (await step.due?.()) ?? true
  try {
    const inputs = await step.unless?.inputs()
    if (step.unless && record.inputs === inputs && (await step.unless.holds())) {
      return observer.finished(step, 'unchanged', '', elapsed())
    }
    const detail = await step.run({
      note: (text) => observer.noted(step, text),
      expect: (ms) => observer.expected(step, ms),
    })
    const took = isDue ? { durationMs: elapsed() } : {}
    await memory.remember(step.name, { ...took, ...(inputs !== undefined && { inputs }) })
    observer.finished(step, isDue ? 'done' : 'unchanged', detail ?? '', elapsed())
  } catch (error) {
    observer.failed(step, error, elapsed())
    throw error
  }
}

/** A misspelt dependency would otherwise wait for ever. */
function refuseUnknown(steps: readonly Step[]): void {
  const earlier = new Set<string>()
  for (const step of steps) {
    const missing = step.after.find((name) => !earlier.has(name))
    if (missing) throw new Error(`Step ${step.name} comes after ${missing}, which is not listed before it`)
    earlier.add(step.name)
  }
}
