// How long will an order take from its current step? The wait in the backlog of the stages that are
// still ahead, by lag and pace, plus or minus what orders took beyond that lately. Pure.
import { steps } from '@orderpipeline/orders/queries'
import type { Expectation } from '../queues/queue.ts'

/** The queues that an order passes to each step, one after the other; it meets `orders` again. */
const queuesTo: readonly (readonly string[])[] = [
  [],
  ['intake', 'orders'],
  ['inventory'],
  ['payment', 'orders'],
  ['shipping', 'orders'],
]

/** Seconds in the queues, after each step, until the last. */
export function waitsAfter(expectations: readonly Expectation[]): readonly number[] {
  const waits = new Map(expectations.map(({ name, waitSeconds }) => [name, waitSeconds]))
  return steps.map((_, step) =>
    queuesTo
      .slice(step + 1)
      .flat()
      .reduce((sum, queue) => sum + (waits.get(queue) ?? 0), 0),
  )
}

/** Seconds that orders took beyond their waits, after each step; `undefined`: not seen yet. */
export type Beyond = readonly (number | undefined)[]

/** The latest order counts as much as this; one that is unlike the others moves little. */
const weight = 0.2

/** `took`: for one order, the seconds from each step to the last, where that time is known. */
export function learned(before: Beyond, took: readonly (number | undefined)[], waits: readonly number[]): Beyond {
  return steps.map((_, step) => {
    const [previous, seconds] = [before[step], took[step]]
    if (seconds === undefined) return previous
    const beyond = seconds - (waits[step] ?? 0)
    return previous === undefined ? beyond : previous + weight * (beyond - previous)
  })
}

/**
 * Seconds from the last of `completedSteps` to the end; `undefined` until an order was seen to go
 * all the way.
 */
export function estimateAfter(completedSteps: number, waits: readonly number[], beyond: Beyond): number | undefined {
  const [wait, more] = [waits[completedSteps - 1], beyond[completedSteps - 1]]
  return wait === undefined || more === undefined ? undefined : Math.max(0, wait + more)
}

export interface Timed {
  readonly timeline: readonly { readonly event: string; readonly at: string }[]
}

/**
 * Seconds from each step of an order to its last; `undefined` for one that is not shipped, and for
 * one that waited for a person: how long that takes says nothing about other orders.
 */
export function tookAfterSteps({ timeline }: Timed): readonly (number | undefined)[] | undefined {
  if (timeline.some(({ event }) => event === 'OrderHeld')) return undefined
  const times = steps.map((step) => timeline.find(({ event }) => event === step)?.at)
  const end = times.at(-1)
  if (end === undefined) return undefined
  return times.map((at) => (at === undefined ? undefined : Math.max(0, (Date.parse(end) - Date.parse(at)) / 1_000)))
}
