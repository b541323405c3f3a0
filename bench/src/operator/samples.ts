// What do counters and histograms show about the time between two readings? Pure.
import type { Samples } from './process.ts'

/** The growth of all counters of this name whose labels match. */
export function growth(before: Samples, after: Samples, name: string, fits: (labels: string) => boolean): number {
  return [...after]
    .filter(([key]) => key.startsWith(`${name}{`) && fits(key.slice(name.length)))
    .reduce((sum, [key, value]) => sum + value - (before.get(key) ?? 0), 0)
}

/**
 * By linear interpolation within the histogram's bucket; an upper bound where the bucket is the
 * last one. Seconds.
 */
export function quantile(before: Samples, after: Samples, name: string, q: number, label = ''): number {
  const bounds = new Map<number, number>()
  for (const [key, value] of after) {
    const le = /le="([^"]+)"/.exec(key)?.[1]
    if (!key.startsWith(`${name}_bucket{`) || le === undefined || !key.includes(label)) continue
    const bound = le === '+Inf' ? Infinity : Number(le)
    bounds.set(bound, (bounds.get(bound) ?? 0) + value - (before.get(key) ?? 0))
  }
  const buckets = [...bounds].sort(([a], [b]) => a - b)
  const total = buckets.at(-1)?.[1] ?? 0
  if (total === 0) return 0
  const rank = q * total
  let [from, below] = [0, 0]
  for (const [bound, count] of buckets) {
    if (count >= rank)
      return Number.isFinite(bound) ? from + ((bound - from) * (rank - below)) / Math.max(1, count - below) : from
    ;[from, below] = [bound, count]
  }
  return from
}

/** Percentile of exact values. */
export function percentile(values: readonly number[], q: number): number {
  return [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(q * values.length) - 1)] ?? 0
}
