// How long did things take, over millions of them, in little memory? Counts in buckets one percent
// apart.

export interface Percentiles {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export interface Latencies {
  /** Milliseconds. */
  add(milliseconds: number): void
  percentiles(): Percentiles
}

const growth = Math.log(1.01)
/** Everything below shares the first bucket. */
const smallestMs = 0.01

export function createLatencies(): Latencies {
  const buckets = new Map<number, number>()
  let count = 0
  let max = 0
  return {
    add: (milliseconds) => {
      const bucket = Math.max(0, Math.ceil(Math.log(Math.max(milliseconds, smallestMs) / smallestMs) / growth))
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1)
      count++
      max = Math.max(max, milliseconds)
    },
    percentiles: () => {
      const sorted = [...buckets].sort(([a], [b]) => a - b)
      const at = (share: number): number => {
        let cumulative = 0
        for (const [bucket, size] of sorted) {
          cumulative += size
          if (cumulative >= share * count) return Math.min(max, smallestMs * Math.exp(bucket * growth))
        }
        return 0
      }
      return { count, p50: at(0.5), p95: at(0.95), p99: at(0.99), max }
    },
  }
}
