// How long does the cluster take to reach a state? Waits for a condition, names what it waits for,
// and fails with what it last saw.
import { setTimeout as sleep } from 'node:timers/promises'

export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError'
  constructor(what: string, seconds: number, lastSeen: string) {
    super(`${what}: not within ${seconds} s; last seen: ${lastSeen}`)
  }
}

export interface WaitOptions {
  readonly seconds: number
  readonly everyMs?: number
}

/**
 * Calls `look` until it returns `{ done: true, value }`; resolves with the value and the seconds it
 * took. A look that throws counts as not done, with its message as what was seen.
 */
export async function waitFor<T>(
  what: string,
  look: () => Promise<{ done: true; value: T } | { done: false; seen: string }>,
  { seconds, everyMs = 1000 }: WaitOptions,
): Promise<{ value: T; tookSeconds: number }> {
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1000
  let lastSeen = 'nothing yet'
  let lastPrinted = ''
  while (elapsed() < seconds) {
    try {
      const result = await look()
      if (result.done) return { value: result.value, tookSeconds: Math.round(elapsed() * 10) / 10 }
      lastSeen = result.seen
    } catch (error) {
      lastSeen = error instanceof Error ? error.message : String(error)
    }
    if (lastSeen !== lastPrinted) {
      process.stderr.write(`    ${elapsed().toFixed(0).padStart(4)} s  ${what}: ${lastSeen}\n`)
      lastPrinted = lastSeen
    }
    await sleep(everyMs)
  }
  throw new WaitTimeoutError(what, seconds, lastSeen)
}
