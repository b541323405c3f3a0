// How does a plan show itself in a log, or to a program? One line per event: words, or JSON with `--json`.
import { duration } from './duration.ts'
import type { Step, StepObserver } from './steps.ts'

type Write = (line: string) => void

/** A step is announced only when it is worth waiting for. */
const worthAnnouncingMs = 3000

export function plainDisplay(write: Write): StepObserver {
  return {
    started(step, expectedMs) {
      if (expectedMs >= worthAnnouncingMs) write(`… ${step.title} (about ${duration(expectedMs)})`)
    },
    noted: () => undefined,
    expected(step, ms) {
      if (ms >= worthAnnouncingMs) write(`… ${step.title} (about ${duration(ms)} left)`)
    },
    finished(step, outcome, detail, elapsedMs) {
      const took = outcome === 'unchanged' ? 'unchanged' : duration(elapsedMs)
      write(`✓ ${step.title} (${[detail, took].filter(Boolean).join(', ')})`)
    },
    failed(step, _error, elapsedMs) {
      write(`✗ ${step.title} failed after ${duration(elapsedMs)}`)
    },
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
