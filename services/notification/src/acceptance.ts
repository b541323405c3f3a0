// Does the other side take messages at present? Where it does, a message that it does not answer is
// not waiting for an outage.

export interface Acceptance {
  /** A message was accepted. */
  note(): void
  /** Whether one was in the last while. */
  readonly recent: boolean
}

/** Longer than the pause between two tries of a message that waits for an outage. */
const recentMs = 120_000

/** One for each mail server or provider. `monotonicMs`: of any origin. */
export function createAcceptance(monotonicMs: () => number): Acceptance {
  let lastAt = -Infinity
  return {
    note: () => {
      lastAt = monotonicMs()
    },
    get recent() {
      return monotonicMs() - lastAt < recentMs
    },
  }
}
