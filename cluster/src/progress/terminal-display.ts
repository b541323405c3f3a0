// How does a plan show itself on a terminal? Finished steps stay as lines; below them the running ones turn, each with what it
// is doing and how long that still takes, and a last line for all of it.
import { styleText } from 'node:util'
import { duration } from './duration.ts'
import type { Step, StepObserver } from './steps.ts'
import { timeLeft } from './time-left.ts'

interface Running {
  readonly step: Step
  readonly since: number
  expectedMs: number
  note: string
}

export interface Terminal {
  write(text: string): void
  readonly columns: number
  readonly color: boolean
}

const frames = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏']
const frameMs = 120

export class TerminalDisplay implements StepObserver {
  readonly #steps: readonly Step[]
  readonly #expected: Map<string, number>
  readonly #terminal: Terminal
  readonly #running = new Map<string, Running>()
  readonly #done = new Set<string>()
  readonly #timer: NodeJS.Timeout
  #linesBelow = 0
  #frame = 0

  /** `expected`: how long each step is thought to take, milliseconds. */
  constructor(steps: readonly Step[], expected: (step: Step) => number, terminal: Terminal) {
    this.#steps = steps
    this.#expected = new Map(steps.map((step) => [step.name, expected(step)]))
    this.#terminal = terminal
    this.#timer = setInterval(() => this.#draw([]), frameMs)
  }

  started(step: Step, expectedMs: number): void {
    this.#expected.set(step.name, expectedMs)
    this.#running.set(step.name, { step, since: performance.now(), expectedMs, note: '' })
  }

  noted(step: Step, text: string): void {
    const running = this.#running.get(step.name)
    if (running) running.note = text.replaceAll(/\s+/g, ' ')
  }

  expected(step: Step, ms: number): void {
    const running = this.#running.get(step.name)
    if (!running) return
    running.expectedMs = performance.now() - running.since + ms
    this.#expected.set(step.name, running.expectedMs)
  }

  finished(step: Step, outcome: 'done' | 'unchanged', detail: string, elapsedMs: number): void {
    this.#running.delete(step.name)
    this.#done.add(step.name)
    const took = outcome === 'unchanged' ? 'unchanged' : duration(elapsedMs)
    this.#draw([
      `${this.#style('green', '✓')} ${step.title} ${this.#style('dim', [detail, took].filter(Boolean).join(', '))}`,
    ])
  }

  failed(step: Step, _error: unknown, elapsedMs: number): void {
    this.#running.delete(step.name)
    this.#draw([
      `${this.#style('red', '✗')} ${step.title} ${this.#style('dim', `failed after ${duration(elapsedMs)}`)}`,
    ])
  }

  close(): void {
    clearInterval(this.#timer)
    this.#erase()
  }

  #draw(finished: readonly string[]): void {
    this.#erase()
    const below = this.#below()
    this.#terminal.write([...finished, ...below].map((line) => `${line}\n`).join(''))
    this.#linesBelow = below.length
  }

  #erase(): void {
    if (this.#linesBelow > 0) this.#terminal.write(`\x1b[${this.#linesBelow}A\x1b[J`)
    this.#linesBelow = 0
  }

  #below(): string[] {
    this.#frame = (this.#frame + 1) % frames.length
    const now = performance.now()
    const begun = new Map([...this.#running.values()].map(({ step, since }) => [step.name, now - since]))
    const lines = [...this.#running.values()].map((running) => this.#runningLine(running, now))
    const timed = this.#steps.map(({ name, after }) => ({ name, after, expectedMs: this.#expected.get(name) ?? 0 }))
    const left = timeLeft(timed, begun, this.#done)
    const total = `${this.#done.size} of ${this.#steps.length} steps done${left >= 1000 ? `, about ${duration(left)} left` : ''}`
    return [...lines, this.#style('dim', this.#fit(`  ${total}`))]
  }

  #runningLine({ step, since, expectedMs, note }: Running, now: number): string {
    const elapsed = now - since
    const left = expectedMs - elapsed
    const times = left >= 2000 ? `${duration(elapsed)}, about ${duration(left)} left` : duration(elapsed)
    const text = this.#fit(`${frames[this.#frame]} ${step.title} ${times}${note ? ` · ${note}` : ''}`)
    const head = `${frames[this.#frame]} ${step.title}`
    return text.startsWith(head)
      ? this.#style('cyan', text.slice(0, 1)) +
          step.title.padStart(step.title.length + 1) +
          this.#style('dim', text.slice(head.length))
      : text
  }

  /** A line that wraps could not be erased again. */
  #fit(line: string): string {
    const width = Math.max(20, this.#terminal.columns - 1)
    return line.length <= width ? line : `${line.slice(0, width - 1)}…`
  }

  #style(format: 'green' | 'red' | 'dim' | 'cyan', text: string): string {
    return this.#terminal.color ? styleText(format, text, { validateStream: false }) : text
  }
}
