// What would happen under another load, or with another maximum? The question, which is an address,
// and the answer, which is a dry run.
import type { Sample } from './state.ts'

export interface WhatIfRequest {
  readonly ordersPerSecond: number
  readonly minutes: number
  /** CSV as for `simulate --trace`, in the place of the steady rate. */
  readonly trace?: string
  /** Orders that come at once, half a minute after the beginning. */
  readonly burst: number
  /** The stage that is looked at, and changed. */
  readonly stage: string
  /** Its maximum instead of what it is. */
  readonly maxReplicas?: number
}

export interface Forecast {
  readonly orders: number
  /** The steady rate, or that of the busiest minute of a trace; without the burst. */
  readonly ordersPerSecond: number
  /** When all are done; absent where they are not in time. */
  readonly doneAtSeconds?: number
  readonly replicaHours: number
  /** Orders a second that it carries for good, and what gives out first. */
  readonly carries?: { readonly ordersPerSecond: number; readonly stage: string }
  readonly stages: readonly StageForecast[]
  /** Samples of the stage in question; `at` is in milliseconds from the beginning. */
  readonly samples: readonly Sample[]
}

export interface StageForecast {
  readonly name: string
  readonly peakLag: number
  readonly longestWaitSeconds: number
  readonly mostReplicas: number
  readonly maxReplicas: number
  /** For the rate alone, without the burst. */
  readonly neededReplicas?: number
}

export interface WhatIf {
  readonly present: Forecast
  /** With the other maximum. */
  readonly changed?: Forecast
  /** The change, to be applied. */
  readonly yaml?: string
}

export const limits = {
  ordersPerSecond: 5_000,
  minutes: 20,
  burst: 200_000,
  /** A trace is in the address, and proxies take eight thousand characters. */
  traceCharacters: 3_000,
  traceMinutes: 60,
  /** All of a load. */
  orders: 6_000_000,
  maxReplicas: 1_000,
} as const

/** undefined where the query has no question. @throws RangeError that names what is wrong */
export function questionIn(query: URLSearchParams): WhatIfRequest | undefined {
  if (!query.has('rate') && !query.has('trace')) return undefined
  const number = (name: string, from: number, to: number, usual: number): number => {
    const text = query.get(name)
    const value = text === null || text === '' ? usual : Number(text)
    if (value >= from && value <= to) return value
    throw new RangeError(`${name}: found ${JSON.stringify(text)}; allowed: a number from ${from} to ${to}`)
  }
  const trace = (query.get('trace') ?? '').trim()
  if (trace.length > limits.traceCharacters)
    throw new RangeError(`trace: found ${trace.length} characters; allowed: up to ${limits.traceCharacters}`)
  const max = number('max', 0, limits.maxReplicas, 0)
  return {
    ordersPerSecond: number('rate', 0, limits.ordersPerSecond, 0),
    minutes: number('minutes', 1, limits.minutes, 10),
    burst: Math.round(number('burst', 0, limits.burst, 0)),
    stage: query.get('stage') ?? '',
    ...(trace === '' ? {} : { trace }),
    ...(max > 0 ? { maxReplicas: Math.round(max) } : {}),
  }
}

export function queryOf({ ordersPerSecond, minutes, trace, burst, stage, maxReplicas }: WhatIfRequest): string {
  const load: Record<string, string> =
    trace === undefined ? { rate: String(ordersPerSecond), minutes: String(minutes) } : { trace }
  const query = new URLSearchParams({ ...load, burst: String(burst), stage })
  if (maxReplicas !== undefined) query.set('max', String(maxReplicas))
  return query.toString()
}
