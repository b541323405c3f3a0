// A process has died: is it started again, and when? Soon at first, then less and less often; one
// that keeps dying stays dead, because another start would give no new information. Pure.

/** Deaths longer ago than this say nothing about now. */
const memoryMs = 5 * 60_000
const firstDelayMs = 500
const longestDelayMs = 30_000
/** Within `memoryMs`. */
const mostDeaths = 8

export type Restart = { readonly afterMs: number } | 'give-up'

/**
 * `deaths` are times of death in Unix milliseconds, the last one included; `random` is in [0, 1).
 */
export function restartAfter(deaths: readonly number[], now: number, random: number): Restart {
  const recent = deaths.filter((at) => now - at < memoryMs).length
  if (recent >= mostDeaths) return 'give-up'
  const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.max(0, recent - 1))
  return { afterMs: Math.round(delay * (0.75 + random / 2)) }
}
