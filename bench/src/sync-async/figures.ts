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

export interface Figures {
  readonly acceptedPerSecond: number
  readonly endedPerSecond: number
  readonly answerMs: readonly [p50: number, p95: number]
  readonly endMs: readonly [p50: number, p95: number]
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
    answerMs: [percentile(answers, 0.5), percentile(answers, 0.95)],
    endMs: [percentile(ends, 0.5), percentile(ends, 0.95)],
  }
}

/** Times of the steady load, rates and processor time of the full one. */
export function rowOf(
  { way, latencyMs }: { readonly way: string; readonly latencyMs: number },
  steady: Figures,
  full: Figures,
  cpuSecondsAnOrder: number,
): Row {
  const both = ([p50, p95]: readonly [number, number]): string => `${p50.toFixed(0)} / ${p95.toFixed(0)}`
  return {
    'payment takes': latencyMs >= 1_000 ? `${latencyMs / 1_000} s` : `${latencyMs} ms`,
    way,
    'answered after, p50 / p95 ms': both(steady.answerMs),
    'shipped after, p50 / p95 ms': both(steady.endMs),
    'accepted/s': Math.round(full.acceptedPerSecond),
    'shipped/s': Math.round(full.endedPerSecond),
    'CPU ms an order': Number((cpuSecondsAnOrder * 1_000).toFixed(1)),
  }
}
