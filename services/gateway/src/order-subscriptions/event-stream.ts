// How does an order's progress read as server-sent events? One event for each step that the reader
// has not seen. An event's id names all steps seen by then, so that a reader who comes back misses
// none, even one that was written down late.
import { definitions } from '@orderpipeline/order-events'
import { isTerminal } from '@orderpipeline/orders/queries'
import type { OrderProgress } from '@orderpipeline/orders/queries'

/**
 * The steps that a reader has seen, by its `Last-Event-ID`. What names no step is dropped, or each
 * id would repeat it.
 */
export function sentBefore(lastEventId: string | undefined, { timeline }: OrderProgress): Set<string> {
  if (lastEventId === undefined || lastEventId.length > 1_000) return new Set()
  const steps = new Set<string>([...Object.keys(definitions), ...timeline.map(({ event }) => event)])
  return new Set(lastEventId.split(',').filter((name) => steps.has(name)))
}

/** The text of the new events, which are added to `seenEvents`. */
export function newEvents({ timeline }: OrderProgress, seenEvents: Set<string>): string {
  let text = ''
  for (const step of timeline) {
    if (seenEvents.has(step.event)) continue
    seenEvents.add(step.event)
    text += `id: ${[...seenEvents].join(',')}\nevent: progress\ndata: ${JSON.stringify(step)}\n\n`
  }
  return text
}

/** Nothing more will come: the order has ended and every step is known. */
export function allSent({ status, timeline }: OrderProgress, seenEvents: ReadonlySet<string>): boolean {
  return isTerminal(status) && timeline.every(({ event }) => seenEvents.has(event))
}

/** A comment, which readers pass over, and proxies take for life. */
export const heartbeat = ': still here\n\n'

/** How soon a reader who was cut off should come back, milliseconds. */
export function comeBackAfter(ms: number): string {
  return `retry: ${Math.round(ms)}\n\n`
}
