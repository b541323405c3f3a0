// When do orders come in? A trace as stretches of time, and how many of its orders have come by a moment.

/** So many orders, evenly spread from one moment to another; at once where both are the same. Milliseconds. */
export interface Stretch {
  readonly fromMs: number
  readonly toMs: number
  readonly orders: number
}

export type Trace = readonly Stretch[]

export const ordersIn = (trace: Trace): number => trace.reduce((sum, { orders }) => sum + orders, 0)
export const endOf = (trace: Trace): number => Math.max(0, ...trace.map(({ toMs }) => toMs))

/** Whole orders that have come before `at`; asked with times that never go back. */
export function createArrivals(trace: Trace): (at: number) => number {
  const order = [...trace].sort((a, b) => a.fromMs - b.fromMs)
  let begun = 0
  let over = 0
  let open: Stretch[] = []
  return (at) => {
    for (let next = order[begun]; next !== undefined && next.fromMs < at; next = order[++begun]) open.push(next)
    over += open.reduce((sum, { toMs, orders }) => (toMs <= at ? sum + orders : sum), 0)
    open = open.filter(({ toMs }) => toMs > at)
    const part = open.reduce((sum, { fromMs, toMs, orders }) => sum + (orders * (at - fromMs)) / (toMs - fromMs), 0)
    return Math.floor(over + part + 1e-6)
  }
}
