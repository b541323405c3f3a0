// How fast were orders handled? How many a second, how long until the answer, and until the end.
// Pure.
import { percentile } from '../operator/samples.ts'
import type { Row } from '../table.ts'
import type { Placed } from './load.ts'

export interface Run {
  readonly placed: readonly Placed[]
  /** Unix milliseconds, by order. */
  readonly endedAt: ReadonlyMap<string, number>
}

export type Percentiles = readonly [p50: number, p95: number, p99: number]

export interface Figures {
  readonly acceptedPerSecond: number
  readonly endedPerSecond: number
  readonly answerMs: Percentiles
  readonly endMs: Percentiles
}

export function figuresOf({ placed: orders, endedAt }: Run): Figures {
  const answers = orders.map(({ answerMs }) => answerMs)
  const ends = orders.map(({ orderId, sentAt }) => (endedAt.get(orderId) ?? NaN) - sentAt)
  const first = Math.min(...orders.map(({ sentAt }) => sentAt))
  const lastAnswer = Math.max(...orders.map(({ sentAt, answerMs }) => sentAt + answerMs))
  const lastEnd = Math.max(...orders.map(({ orderId }) => endedAt.get(orderId) ?? NaN))
  return {
    acceptedPerSecond: (orders.length / (lastAnswer - first)) * 1_000,
    endedPerSecond: (orders.length / (lastEnd - first)) * 1_000,
    answerMs: percentilesOf(answers),
    endMs: percentilesOf(ends),
  }
}

export function percentilesOf(values: readonly number[]): Percentiles {
  return [percentile(values, 0.5), percentile(values, 0.95), percentile(values, 0.99)]
}

export function percentilesText(times: Percentiles): string {
  return times.map((ms) => ms.toFixed(0)).join(' / ')
}

/** Times of the steady load, rates and processor time of the full one. */
export function rowOf(
  { way, latencyMs }: { readonly way: string; readonly latencyMs: number },
  steady: Figures,
  full: Figures,
  cpuSecondsAnOrder: number,
): Row {
  return {
    'payment takes': latencyMs >= 1_000 ? `${latencyMs / 1_000} s` : `${latencyMs} ms`,
    way,
    'answered after, p50 / p95 / p99 ms': percentilesText(steady.answerMs),
    'shipped after, p50 / p95 / p99 ms': percentilesText(steady.endMs),
    'accepted/s': Math.round(full.acceptedPerSecond),
    'shipped/s': Math.round(full.endedPerSecond),
    'CPU ms an order': Number((cpuSecondsAnOrder * 1_000).toFixed(1)),
  }
}
