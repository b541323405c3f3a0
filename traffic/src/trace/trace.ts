// What is a load? A trace: stretches of time with a number of orders in each, played as it is, or
// in another time or at another rate.

/**
 * This many orders on average, spread evenly from one moment to another; all at once where both
 * moments are the same. In milliseconds.
 */
export interface TraceSegment {
  readonly fromMs: number
  readonly toMs: number
  readonly orders: number
}

export type Trace = readonly TraceSegment[]

export function ordersIn(trace: Trace): number {
  return trace.reduce((sum, { orders }) => sum + orders, 0)
}
export function endOf(trace: Trace): number {
  return trace.reduce((end, { toMs }) => Math.max(end, toMs), 0)
}

/**
 * The same rates in another time: a day played in an hour has a twenty-fourth of its orders. The
 * stretches must follow one another.
 */
export function lasting(trace: Trace, forMs: number): Trace {
  const factor = forMs / endOf(trace)
  return trace.map(({ fromMs, toMs, orders }) => ({
    fromMs: fromMs * factor,
    toMs: toMs * factor,
    orders: orders * factor,
  }))
}

/** The same shape, with this many orders a second at its peak. */
export function peaking(trace: Trace, perSecond: number): Trace {
  const factor = perSecond / busiestPerSecond(trace)
  return trace.map((stretch) => ({ ...stretch, orders: stretch.orders * factor }))
}

export function busiestPerSecond(trace: Trace): number {
  return coarser(trace, 1_000).reduce(
    (most, { fromMs, toMs, orders }) => Math.max(most, (orders * 1_000) / (toMs - fromMs)),
    0,
  )
}

/**
 * Stretches that follow one another, joined until each lasts at least this long; the last is
 * extended to it.
 */
export function coarser(trace: Trace, leastMs: number): Trace {
  const joined: TraceSegment[] = []
  let open: TraceSegment | undefined
  for (const { fromMs, toMs, orders } of trace) {
    open = { fromMs: open?.fromMs ?? fromMs, toMs, orders: (open?.orders ?? 0) + orders }
    if (open.toMs - open.fromMs < leastMs) continue
    joined.push(open)
    open = undefined
  }
  return open ? [...joined, { ...open, toMs: Math.max(open.toMs, open.fromMs + leastMs) }] : joined
}
