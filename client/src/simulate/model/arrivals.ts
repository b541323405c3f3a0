// When do orders come in? How many of a trace's have come by a moment.
import type { TraceSegment, Trace } from '@orderpipeline/traffic/trace'

/** Whole orders that have come before `at`; the times of its calls never go back. */
export function createArrivals(trace: Trace): (at: number) => number {
  const order = [...trace].sort((a, b) => a.fromMs - b.fromMs)
  let nextIndex = 0
  let over = 0
  let open: TraceSegment[] = []
  return (at) => {
    for (let next = order[nextIndex]; next !== undefined && next.fromMs < at; next = order[++nextIndex]) open.push(next)
    over += open.reduce((sum, { toMs, orders }) => (toMs <= at ? sum + orders : sum), 0)
    open = open.filter(({ toMs }) => toMs > at)
    const part = open.reduce((sum, { fromMs, toMs, orders }) => sum + (orders * (at - fromMs)) / (toMs - fromMs), 0)
    return Math.floor(over + part + 1e-6)
  }
}
