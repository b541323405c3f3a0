// How did the hold of an order end that has left it by an event, or in a version without holds?
import type { OrderStatus } from '@orderpipeline/order-events'

export type HoldOutcome = 'RELEASED' | 'CANCELLED'

/** `status`: what the order is now, which is not HELD. */
export function outcomeAt(status: OrderStatus): HoldOutcome {
  return status === 'CANCELLED' ? 'CANCELLED' : 'RELEASED'
}
