// Is a backlog getting better? The lag now against that of half a minute ago; small differences are
// noise.
import type { Sample, Trend } from './state.ts'

const spanMs = 30_000
const leastSpanMs = 15_000
/** Noise as a share of the larger of the two figures; and at least so many messages. */
const noise = 0.1
const noiseMessages = 10

/** undefined until it has been watched for a quarter of a minute. */
export function trendOf(
  samples: readonly Pick<Sample, 'at' | 'lag'>[],
  now: Pick<Sample, 'at' | 'lag'>,
): Trend | undefined {
  if (now.lag === null) return undefined
  const before = samples.find(({ at, lag }) => lag !== null && now.at - at <= spanMs)
  if (!before || before.lag === null || now.at - before.at < leastSpanMs) return undefined
  const difference = now.lag - before.lag
  if (Math.abs(difference) <= Math.max(noiseMessages, noise * Math.max(now.lag, before.lag))) return 'steady'
  return difference > 0 ? 'growing' : 'shrinking'
}

/**
 * Whether there was lag all the time since a quarter of a minute ago at least. A first message has
 * arrived before it is consumed: only lag that stays says that nothing moves.
 */
export function hadLag(samples: readonly Pick<Sample, 'at' | 'lag'>[], now: Pick<Sample, 'at' | 'lag'>): boolean {
  const recent = samples.filter(({ at }) => now.at - at <= spanMs)
  const [first] = recent
  if (!first || now.at - first.at < leastSpanMs) return false
  return [...recent, now].every(({ lag }) => lag !== null && lag > 0)
}
