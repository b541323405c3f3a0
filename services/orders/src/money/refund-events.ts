// What does a refund that was accepted make other services do? Payment refunds it, and inventory
// puts the pieces into stock that have come back.
import { eventOf } from '@orderpipeline/order-events'
import type { EventContext, OrderEvent } from '@orderpipeline/order-events'
import type { StoredRefund } from './money.ts'

export interface RefundedOrder {
  readonly orderId: string
  readonly customerId: string
  readonly currency: string
}

export function refundEvents(
  { orderId, customerId, currency }: RefundedOrder,
  { refundId, amountCents, reason, items, restocked }: StoredRefund,
  context: EventContext,
): OrderEvent[] {
  const about = { orderId, customerId }
  const lines = items ? { items: [...items] } : {}
  const requested = { ...about, refundId, amountCents, currency, reason, ...lines }
  const returned = restocked ? { ...about, returnId: refundId, items: [...restocked] } : undefined
  return [
    eventOf('PartialRefundRequested', requested, context, refundId),
    ...(returned ? [eventOf('ItemsReturned', returned, context, refundId)] : []),
  ]
}
