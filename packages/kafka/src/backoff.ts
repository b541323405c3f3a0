// How long is the wait before the next try, and how is a wait cancelled?
import { setTimeout as sleep } from 'node:timers/promises'

export interface Backoff {
  /** Before the second try. */
  readonly firstMs: number
  readonly maxMs: number
}

/** The backoff in an outage of Kafka or the database, for as long as it lasts. */
export const outageBackoff: Backoff = { firstMs: 200, maxMs: 10_000 }

/**
 * Doubles with each failure up to the bound; half of it is chance, so that replicas do not return
 * together.
 */
export function delayMs(failures: number, { firstMs, maxMs }: Backoff, random: () => number = Math.random): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 30))
  return full / 2 + (full / 2) * random()
}

/**
 * Work in flight was given up on purpose: the drain's grace ran out, or its partitions belong to
 * another replica now.
 */
export class Abandoned extends Error {
  override readonly name = 'Abandoned'
  readonly reason = 'Abandoned'
  readonly retry = false
}

/** @throws Abandoned as soon as `signal` aborts */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (cause) {
    throw new Abandoned('stopped while waiting for the next attempt', { cause })
  }
}
