// How long will a plan still take? By what each step took the last time on this machine, or
// typically; corrected by how much slower or faster than typical this machine has been so far.
// Pure: the caller passes the time.
import type { Step } from './steps.ts'
import { timeLeft } from './time-left.ts'

export interface Estimate {
  readonly ms: number
  /** Measured on this machine, so no correction applies. */
  readonly remembered: boolean
}

export interface RunningStep {
  readonly step: Step
  readonly elapsedMs: number
  readonly leftMs: number
  readonly note: string
}

interface Entry {
  readonly step: Step
  estimate: Estimate
  note: string
  since?: number
  tookMs?: number
}

/** Shorter steps depend more on chance than on the machine. */
const tellingMs = 10_000
const slowest = 5
const fastest = 0.2

export class PlanTimes {
  readonly #entries: ReadonlyMap<string, Entry>

  constructor(steps: readonly Step[], estimate: (step: Step) => Estimate) {
    this.#entries = new Map(steps.map((step) => [step.name, { step, estimate: estimate(step), note: '' }]))
  }

  began({ name }: Step, now: number): void {
    const entry = this.#entries.get(name)
    if (entry) entry.since = now
  }

  noted({ name }: Step, text: string): void {
    const entry = this.#entries.get(name)
    if (entry) entry.note = text.replaceAll(/\s+/g, ' ')
  }

  /**
   * It will typically take so long from now; known only after the step has looked at what there is
   * to do.
   */
  expects({ name }: Step, ms: number, now: number): void {
    const entry = this.#entries.get(name)
    if (!entry || entry.estimate.remembered) return
    entry.estimate = { ms: now - (entry.since ?? now) + ms, remembered: false }
  }

  /** `unchanged`: there was nothing to do, which says nothing about the machine. */
  ended({ name }: Step, now: number, unchanged = false): void {
    const entry = this.#entries.get(name)
    if (!entry) return
    entry.tookMs = now - (entry.since ?? now)
    if (unchanged) entry.estimate = { ms: 0, remembered: true }
  }

  get count(): number {
    return this.#entries.size
  }

  get done(): number {
    return [...this.#entries.values()].filter(({ tookMs }) => tookMs !== undefined).length
  }

  leftMs(now: number): number {
    const pace = this.#pace(now)
    const entries = [...this.#entries.values()]
    const steps = entries.map(({ step: { name, after }, estimate }) => ({
      ...{ name, after },
      expectedMs: corrected(estimate, pace),
    }))
    const elapsedByStep = new Map(
      entries.flatMap(({ step, since }) => (since === undefined ? [] : [[step.name, now - since]])),
    )
    const finished = new Set(entries.flatMap(({ step, tookMs }) => (tookMs === undefined ? [] : [step.name])))
    return timeLeft(steps, elapsedByStep, finished)
  }

  running(now: number): RunningStep[] {
    const pace = this.#pace(now)
    return [...this.#entries.values()].flatMap(({ step, since, tookMs, estimate, note }) => {
      if (since === undefined || tookMs !== undefined) return []
      const elapsedMs = now - since
      return [{ step, note, elapsedMs, leftMs: Math.max(0, corrected(estimate, pace) - elapsedMs) }]
    })
  }

  /**
   * How much longer than typical this machine takes; a step that is late already counts with what
   * it has taken so far.
   */
  #pace(now: number): number {
    let typical = 0
    let elapsed = 0
    for (const { estimate, since, tookMs } of this.#entries.values()) {
      if (estimate.remembered || since === undefined || estimate.ms < tellingMs) continue
      const soFar = tookMs ?? now - since
      if (tookMs === undefined && soFar < estimate.ms) continue
      typical += estimate.ms
      elapsed += soFar
    }
    return typical === 0 ? 1 : Math.min(slowest, Math.max(fastest, elapsed / typical))
  }
}

function corrected({ ms, remembered }: Estimate, pace: number) {
  return remembered ? ms : ms * pace
}
