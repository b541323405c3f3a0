// A process has died: is it started again, and when? Soon at first, then less and less often; one
// that keeps dying stays dead, because another start would give no new information. Pure.
import { backoffMs } from '@orderpipeline/retry'

/** Deaths longer ago than this say nothing about now. */
const memoryMs = 5 * 60_000
const backoff = { firstMs: 500, maxMs: 30_000 }
/** Within `memoryMs`. */
const mostDeaths = 8

export type Restart = { readonly afterMs: number } | 'give-up'

/**
 * `deaths` are times of death in Unix milliseconds, the last one included; `random` is in [0, 1).
 */
export function restartAfter(deaths: readonly number[], now: number, random: number): Restart {
  const recent = deaths.filter((at) => now - at < memoryMs).length
  if (recent >= mostDeaths) return 'give-up'
  return { afterMs: Math.round(backoffMs(recent, backoff, () => random)) }
}
