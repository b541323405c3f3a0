// How does a test wait for something, and what does it say when that does not come?
import { sleep } from '../sleep.ts'

/** Outside a test: in a hook, or in a program. */
const defaultMs = 110_000
/** The rest of a test's time in which it says why it failed. */
const spareMs = 2_000

let endsAt: number | undefined

/** A test may last `timeoutMs` from now; `undefined` at its end. For a set-up file of tests. */
export function testLasts(timeoutMs: number | undefined): void {
  endsAt = timeoutMs === undefined ? undefined : performance.now() + timeoutMs - spareMs
}

export interface EventuallyOptions {
  /** Default: until just before the test's own time-out would end it. */
  readonly withinMs?: number
  readonly everyMs?: number
}

/**
 * Asks until there is an answer that is neither undefined nor false, and resolves with it. A
 * failure to ask is thrown. @throws Error that says what was waited for
 */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  { withinMs, everyMs = 100 }: EventuallyOptions = {},
): Promise<T> {
  const began = performance.now()
  const deadline = withinMs === undefined ? (endsAt ?? began + defaultMs) : began + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    const now = performance.now()
    if (now > deadline) throw new Error(`no success after ${Math.round(now - began)} ms: ${what}`)
    await sleep(everyMs)
  }
}
