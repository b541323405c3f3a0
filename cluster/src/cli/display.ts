// Which display suits the output? A redrawing one on a terminal, plain lines in a log, JSON for
// programs.
import { jsonDisplay, plainDisplay } from '../progress/plain-display.ts'
import type { ClosableObserver } from '../progress/plain-display.ts'
import { PlanTimes } from '../progress/plan-times.ts'
import type { Estimate } from '../progress/plan-times.ts'
import type { Step, StepMemory, StepObserver } from '../progress/steps.ts'
import { runSteps } from '../progress/steps.ts'
import { TerminalDisplay } from '../progress/terminal-display.ts'
import type { Terminal } from './command.ts'

export interface StepRunOptions {
  readonly terminal: Terminal
  readonly memory: StepMemory
  readonly json: boolean
  /** Receives each step that has ended. */
  readonly onFinished?: (step: string) => void
}

/** Steps at once: most of them wait for something, few compute. */
const concurrency = 6

export async function runWithDisplay(steps: readonly Step[], options: StepRunOptions): Promise<void> {
  const { terminal, memory, json, onFinished } = options
  const estimates = await estimatesOf(steps, memory)
  const estimate = (step: Step) => estimates.get(step.name) ?? { ms: step.typicalMs, remembered: false }
  const display = displayFor(new PlanTimes(steps, estimate), terminal, json)
  const observer = onFinished ? announcing(display, onFinished) : display
  try {
    await runSteps(steps, { memory, observer, concurrency, expectedMs: (step) => estimate(step).ms })
  } finally {
    display.close()
  }
}

async function estimatesOf(steps: readonly Step[], memory: StepMemory): Promise<ReadonlyMap<string, Estimate>> {
  const estimates = steps.map(async (step): Promise<[string, Estimate]> => {
    if (step.due && !(await step.due())) return [step.name, { ms: 0, remembered: true }]
    const { durationMs } = memory.recall(step.name)
    return [step.name, { ms: durationMs ?? step.typicalMs, remembered: durationMs !== undefined }]
  })
  return new Map(await Promise.all(estimates))
}

function announcing(display: StepObserver, onFinished: (step: string) => void): StepObserver {
  return {
    started: (step, ms) => display.started(step, ms),
    noted: (step, text) => display.noted(step, text),
    expected: (step, ms) => display.expected(step, ms),
    failed: (step, error, ms) => display.failed(step, error, ms),
    finished(step, ...how) {
      display.finished(step, ...how)
      onFinished(step.name)
    },
  }
}

function displayFor(times: PlanTimes, terminal: Terminal, json: boolean): ClosableObserver {
  const lines = (write: (text: string) => void) => (line: string) => write(`${line}\n`)
  if (json) return jsonDisplay(lines(terminal.stdout), times)
  if (!terminal.interactive) return plainDisplay(lines(terminal.stderr), times)
  return new TerminalDisplay(times, {
    write: terminal.stderr,
    color: terminal.color,
    get columns() {
      return terminal.columns()
    },
  })
}
