// How does an answer show how far an order has come, and how long it will still take?
import { stepsAtStatus, steps, countSteps } from '@orderpipeline/orders/queries'
import type { OrderView } from '@orderpipeline/orders/queries'
import type { OrderStatus } from '@orderpipeline/order-events'
import type { Estimates } from '../estimates/estimator.ts'

export interface Progress {
  readonly done: number
  readonly of: number
  /** None of an order that has ended, and while there is no estimate. */
  readonly secondsLeft?: number
}

export function progressOf(order: Pick<OrderView, 'status' | 'timeline'>, estimates: Estimates): Progress {
  const { done: completedSteps, of } = countSteps(order)
  const last = order.timeline.find(({ event }) => event === steps[completedSteps - 1])
  // How long a person takes is not estimated.
  if (order.status === 'HELD') return { done: completedSteps, of }
  return withEstimate({ done: completedSteps, of }, estimates, last?.at)
}

/** The progress of an order that was just placed. */
export function progressAt(status: OrderStatus, estimates: Estimates): Progress {
  const completedSteps = stepsAtStatus(status)
  return withEstimate({ done: completedSteps, of: status === 'CANCELLED' ? completedSteps : steps.length }, estimates)
}

function withEstimate(progress: Progress, estimates: Estimates, since?: string): Progress {
  if (progress.done >= progress.of) return progress
  const secondsLeft = estimates.secondsLeft(progress.done, since)
  return secondsLeft === undefined ? progress : { ...progress, secondsLeft }
}
