// How does a test wait for something, and what does it say when that does not come?
import { setTimeout as sleep } from 'node:timers/promises'

/** Outside a test: in a hook, or in a program. */
const defaultMs = 110_000
/** The rest of a test's time in which it says why it failed. */
const spareMs = 2_000

let endsAt: number | undefined

/** A test may last `timeoutMs` from now; `undefined` at its end (setup.ts). */
export const testLasts = (timeoutMs: number | undefined): void => {
  endsAt = timeoutMs === undefined ? undefined : performance.now() + timeoutMs - spareMs
}

/**
 * Asks until the answer is true. @throws Error with the condition, just before the test's own
 * time-out would end it.
 */
export async function until(holds: () => boolean | Promise<boolean>, everyMs = 100): Promise<void> {
  const began = performance.now()
  const deadline = endsAt ?? began + defaultMs
  while (!(await holds())) {
    const now = performance.now()
    if (now > deadline) throw new Error(`no success after ${Math.round(now - began)} ms: ${String(holds)}`)
    await sleep(everyMs)
  }
}
