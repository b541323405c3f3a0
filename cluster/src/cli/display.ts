// Which display suits the output? One that turns on a terminal, plain lines in a log, JSON for programs.
import { jsonDisplay, plainDisplay } from '../progress/plain-display.ts'
import type { Step, StepMemory, StepObserver } from '../progress/steps.ts'
import { runSteps } from '../progress/steps.ts'
import { TerminalDisplay } from '../progress/terminal-display.ts'
import type { Terminal } from './command.ts'

export interface CarryOut {
  readonly terminal: Terminal
  readonly memory: StepMemory
  readonly json: boolean
}

/** Steps at once: most of them wait for something, few compute. */
const concurrency = 6

export async function carryOut(steps: readonly Step[], { terminal, memory, json }: CarryOut): Promise<void> {
  const { observer, close } = displayFor(steps, terminal, memory, json)
  try {
    await runSteps(steps, { memory, observer, concurrency })
  } finally {
    close()
  }
}

function displayFor(
  steps: readonly Step[],
  terminal: Terminal,
  memory: StepMemory,
  json: boolean,
): { observer: StepObserver; close: () => void } {
  const lines = (write: (text: string) => void) => (line: string) => write(`${line}\n`)
  if (json) return { observer: jsonDisplay(lines(terminal.stdout)), close: () => undefined }
  if (!terminal.interactive) return { observer: plainDisplay(lines(terminal.stderr)), close: () => undefined }
  const expected = (step: Step) => memory.recall(step.name).durationMs ?? step.typicalMs
  const display = new TerminalDisplay(steps, expected, {
    write: terminal.stderr,
    color: terminal.color,
    get columns() {
      return terminal.columns()
    },
  })
  return { observer: display, close: () => display.close() }
}
