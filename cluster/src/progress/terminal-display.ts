// How does a plan show itself on a terminal? Finished steps stay as lines; below them the running
// ones, each with what it is doing and how long that still takes, and a last line for the whole
// plan.
import { styleText } from 'node:util'
import { duration } from './duration.ts'
import type { PlanTimes, RunningStep } from './plan-times.ts'
import type { Step, StepObserver } from './steps.ts'

export interface Terminal {
  write(text: string): void
  readonly columns: number
  readonly color: boolean
}

const frames = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏']
const frameMs = 120

export class TerminalDisplay implements StepObserver {
  readonly #times: PlanTimes
  readonly #terminal: Terminal
  readonly #timer: NodeJS.Timeout
  #linesBelow = 0
  #frame = 0

  constructor(times: PlanTimes, terminal: Terminal) {
    this.#times = times
    this.#terminal = terminal
    this.#timer = setInterval(() => this.#draw([]), frameMs)
  }

  started(step: Step): void {
    this.#times.began(step, performance.now())
  }

  noted(step: Step, text: string): void {
    this.#times.noted(step, text)
  }

  expected(step: Step, ms: number): void {
    this.#times.expects(step, ms, performance.now())
  }

  finished(step: Step, outcome: 'done' | 'unchanged', detail: string, elapsedMs: number): void {
    this.#times.ended(step, performance.now(), outcome === 'unchanged')
    const took = outcome === 'unchanged' ? 'unchanged' : duration(elapsedMs)
    this.#draw([
      `${this.#style('green', '✓')} ${step.title} ${this.#style('dim', [detail, took].filter(Boolean).join(', '))}`,
    ])
  }

  failed(step: Step, _error: unknown, elapsedMs: number): void {
    this.#times.ended(step, performance.now())
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
    const lines = this.#times.running(now).map((running) => this.#runningLine(running))
    const remainingMs = this.#times.leftMs(now)
    const { done: finishedCount, count } = this.#times
    const total = `${finishedCount} of ${count} steps done${remainingMs >= 1000 ? `, about ${duration(remainingMs)} left` : ''}`
    return [...lines, this.#style('dim', this.#fit(`  ${total}`))]
  }

  #runningLine({ step, elapsedMs: elapsed, leftMs: remainingMs, note }: RunningStep): string {
    const times = remainingMs >= 2000 ? `${duration(elapsed)}, about ${duration(remainingMs)} left` : duration(elapsed)
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
