// How many messages a second arrive? The higher of the rates over a short and a long window: a rise
// is seen at once, and a pause of seconds is not taken for the end of the load.

export interface ArrivalSample {
  /** Milliseconds. */
  readonly at: number
  /** Messages that have arrived since the beginning. */
  readonly arrived: number
}

/**
 * As long as an autoscaler's sync period, so that a step of the load counts whole by the next
 * decision.
 */
const shortMs = 15_000
const longMs = 60_000

/**
 * Keeps what the long window needs; a count that decreases (the topic was created again) starts
 * over.
 */
export function withArrivalSample(samples: readonly ArrivalSample[], sample: ArrivalSample): readonly ArrivalSample[] {
  if ((samples.at(-1)?.arrived ?? 0) > sample.arrived) return [sample]
  const from = samples.findLastIndex(({ at }) => at <= sample.at - longMs)
  return [...samples.slice(Math.max(0, from)), sample]
}

/** Messages a second over the long window; 0 before there are two samples. */
export function meanArrivalRate(samples: readonly ArrivalSample[]): number {
  return rateOver(samples, longMs)
}

/** Messages a second, the higher of both windows; 0 before there are two samples. */
export function arrivalRate(samples: readonly ArrivalSample[]): number {
  return Math.max(rateOver(samples, shortMs), rateOver(samples, longMs))
}

function rateOver(samples: readonly ArrivalSample[], windowMs: number): number {
  const last = samples.at(-1)
  const first = last && (samples.findLast(({ at }) => at <= last.at - windowMs) ?? samples[0])
  if (!first || first.at === last.at) return 0
  return ((last.arrived - first.arrived) * 1_000) / (last.at - first.at)
}
