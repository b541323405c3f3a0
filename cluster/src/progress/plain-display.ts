// How does a plan show itself in a log, or to a program? One line per event: words, or JSON with `--json`.
import { duration } from './duration.ts'
import type { Step, StepObserver } from './steps.ts'

type Write = (line: string) => void

/** A step is announced once it has lasted this long: what is over at once needs no line of its own. */
const patienceMs = 1500

export function plainDisplay(write: Write): StepObserver {
  const announcements = new Map<string, NodeJS.Timeout>()
  const announceLater = (step: Step, leftMs: number) => {
    clearTimeout(announcements.get(step.name))
    const left = leftMs > patienceMs ? ` (about ${duration(leftMs)})` : ''
    const timer = setTimeout(() => write(`… ${step.title}${left}`), patienceMs)
    announcements.set(step.name, timer)
  }
  const end = (step: Step, line: string) => {
    clearTimeout(announcements.get(step.name))
    write(line)
  }
  return {
    started: announceLater,
    noted: () => undefined,
    expected: announceLater,
    finished(step, outcome, detail, elapsedMs) {
      const took = outcome === 'unchanged' ? 'unchanged' : duration(elapsedMs)
      end(step, `✓ ${step.title} (${[detail, took].filter(Boolean).join(', ')})`)
    },
    failed: (step, _error, elapsedMs) => end(step, `✗ ${step.title} failed after ${duration(elapsedMs)}`),
  }
}

export function jsonDisplay(write: Write): StepObserver {
  const event = (name: string, step: Step, rest: Record<string, unknown>) =>
    write(JSON.stringify({ event: name, step: step.name, title: step.title, ...rest }))
  return {
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
  }
}
