// How does one piece of work show itself where nothing may be overwritten? One line when it takes
// long, and one when it is done.
import { duration } from './duration.ts'
import type { StepProgress } from './progress.ts'

/**
 * Work that is expected to take longer than this prints a line beforehand, and what it is doing.
 */
const worthSayingMs = 10_000

export function lineProgress(title: string, write: (line: string) => void): StepProgress & { done(): void } {
  const startedAt = performance.now()
  let long = false
  return {
    note(text) {
      if (long) write(`${title}: ${text}`)
    },
    expect(typicalMs) {
      long = typicalMs > worthSayingMs
      if (long) write(`${title}: this takes about ${duration(typicalMs)}`)
    },
    done() {
      write(`${title} ready after ${duration(performance.now() - startedAt)}`)
    },
  }
}
