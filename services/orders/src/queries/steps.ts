// How far has an order come, of how many steps? Pure.
import type { OrderStatus } from '@orderpipeline/order-events'
import type { HistoryEvent } from '../stage/timeline.ts'

/** The steps of an order that goes well, each with the event that ends it. */
export const steps = ['OrderPlaced', 'OrderValidated', 'StockReserved', 'OrderConfirmed', 'OrderShipped'] as const

export interface CompletedSteps {
  readonly done: number
  /** As many as are done when nothing more is to come. */
  readonly of: number
}

interface StepHistory {
  readonly status: OrderStatus
  readonly timeline: readonly { readonly event: HistoryEvent }[]
}

/** Events overtake each other: a step in the history means that those before it are done. */
export function countSteps({ status, timeline }: StepHistory): CompletedSteps {
  const events = new Set<HistoryEvent>(timeline.map(({ event }) => event))
  const last = steps.findLastIndex((event) => events.has(event))
  const completedSteps = Math.max(last + 1, stepsAtStatus(status))
  return { done: completedSteps, of: status === 'CANCELLED' ? completedSteps : steps.length }
}

/** The number of steps for an order whose status alone is known. */
export function stepsAtStatus(status: OrderStatus): number {
  switch (status) {
    case 'PLACED':
    case 'CANCELLED':
      return 1
    case 'PROCESSING':
    case 'HELD':
      return 2
    case 'CONFIRMED':
      return 4
    case 'SHIPPED':
      return steps.length
  }
}
