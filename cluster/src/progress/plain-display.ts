// How does a plan show itself in a log, or to a program? One line per event: words, or JSON with
// `--json`; and when nothing has happened for a while, a line on what is being done and how long is
// left.
import { duration } from './duration.ts'
import type { PlanTimes, RunningStep } from './plan-times.ts'
import type { Step, StepObserver } from './steps.ts'

type Write = (line: string) => void

export interface ClosableObserver extends StepObserver {
  close(): void
}

/**
 * A step is announced once it has lasted this long: what is over at once needs no line of its own.
 */
const patienceMs = 1500
/** Without any line for so long there is one on how things stand. */
export const silenceMs = 15_000

export function plainDisplay(write: Write, times: PlanTimes): ClosableObserver {
  const announcements = new Map<string, NodeJS.Timeout>()
  const silence = setInterval(() => write(progressLine(times)), silenceMs)
  const say = (line: string) => {
    write(line)
    silence.refresh()
  }
  const announceLater = (step: Step, leftMs: number) => {
    clearTimeout(announcements.get(step.name))
    const estimate = leftMs > patienceMs ? ` (about ${duration(leftMs)})` : ''
    const timer = setTimeout(() => say(`… ${step.title}${estimate}`), patienceMs)
    announcements.set(step.name, timer)
  }
  const end = (step: Step, line: string) => {
    clearTimeout(announcements.get(step.name))
    say(line)
  }
  return observing(times, {
    started: announceLater,
    noted: () => undefined,
    expected: announceLater,
    finished(step, outcome, detail, elapsedMs) {
      const took = outcome === 'unchanged' ? 'unchanged' : duration(elapsedMs)
      end(step, `✓ ${step.title} (${[detail, took].filter(Boolean).join(', ')})`)
    },
    failed: (step, _error, elapsedMs) => end(step, `✗ ${step.title} failed after ${duration(elapsedMs)}`),
    close() {
      clearInterval(silence)
      for (const timer of announcements.values()) clearTimeout(timer)
    },
  })
}

/** `· about 6 min left, 3 of 20 steps done; Kubernetes: compiling kube (2 min)` */
function progressLine(times: PlanTimes): string {
  const now = performance.now()
  const remainingMs = times.leftMs(now)
  const rest = remainingMs >= 1_000 ? `about ${duration(remainingMs)} left` : 'almost done'
  return [`· ${rest}, ${times.done} of ${times.count} steps done`, ...times.running(now).map(inWords)].join('; ')
}

function inWords({ step, note, elapsedMs }: RunningStep) {
  return `${step.title}${note ? `: ${note}` : ''} (${duration(elapsedMs)})`
}

export function jsonDisplay(write: Write, times: PlanTimes): ClosableObserver {
  const say = (event: object) => {
    write(JSON.stringify(event))
    silence.refresh()
  }
  const event = (name: string, step: Step, rest: Record<string, unknown>) =>
    say({ event: name, step: step.name, title: step.title, ...rest })
  const silence = setInterval(() => {
    const now = performance.now()
    const running = times.running(now).map(({ step, note, elapsedMs }) => ({
      ...{ step: step.name, title: step.title, note },
      elapsedMs: Math.round(elapsedMs),
    }))
    const { done: finished, count } = times
    say({ event: 'progress', done: finished, steps: count, leftMs: Math.round(times.leftMs(now)), running })
  }, silenceMs)
  return observing(times, {
    started: (step, expectedMs) => event('started', step, { expectedMs: Math.round(expectedMs) }),
    noted: (step, text) => event('noted', step, { text }),
    expected: (step, ms) => event('expected', step, { leftMs: Math.round(ms) }),
    finished: (step, outcome, detail, elapsedMs) =>
      event('finished', step, { outcome, ...(detail && { detail }), elapsedMs: Math.round(elapsedMs) }),
    failed: (step, error, elapsedMs) =>
      event('failed', step, {
        message: error instanceof Error ? error.message : String(error),
        elapsedMs: Math.round(elapsedMs),
      }),
    close: () => clearInterval(silence),
  })
}

/** Keeps `times` up to date with each event of the display. */
export function observing<Display extends StepObserver>(times: PlanTimes, display: Display): Display {
  const now = () => performance.now()
  return {
    ...display,
    started(step, ms) {
      times.began(step, now())
      display.started(step, ms)
    },
    noted(step, text) {
      times.noted(step, text)
      display.noted(step, text)
    },
    expected(step, ms) {
      times.expects(step, ms, now())
      display.expected(step, ms)
    },
    finished(step, outcome, detail, ms) {
      times.ended(step, now(), outcome === 'unchanged')
      display.finished(step, outcome, detail, ms)
    },
    failed(step, error, ms) {
      times.ended(step, now())
      display.failed(step, error, ms)
    },
  }
}
