// Which events about an order's money, after its payment was made, may Kafka have lost? Requests
// for refunds of parts, pieces that came back, and what payment has said of refunds and disputes.
// An order has them only where its pipeline has their topics.
import { eventOf } from '@orderpipeline/order-events'
import type { DisputeOutcome, EventContext, OrderEvent, OrderItem } from '@orderpipeline/order-events'

/** As the orders service has it. */
export interface StoredRefund {
  readonly refundId: string
  readonly amountCents: number
  readonly status: 'REQUESTED' | 'REFUNDED' | 'REFUSED'
  readonly reason: string
  readonly items?: readonly OrderItem[] | undefined
  readonly restocked?: readonly OrderItem[] | undefined
}

/** As payment has it. */
export interface StoredPartialRefund {
  readonly refundId: string
  readonly chargeId?: string | undefined
  readonly amountCents: number
  readonly currency: string
  readonly status: 'DUE' | 'REFUNDED' | 'REFUSED'
  readonly refusal?: string | undefined
  readonly providerRefundId?: string | undefined
}

export interface StoredDispute {
  readonly disputeId: string
  readonly chargeId: string
  readonly amountCents: number
  readonly currency: string
  readonly reason: string
  readonly status: 'OPEN' | DisputeOutcome
}

interface About {
  readonly orderId: string
  readonly customerId: string
}

/** Inventory books what came back once, whenever it is announced. */
export function refundRequests(
  about: About,
  currency: string,
  refunds: readonly StoredRefund[],
  context: EventContext,
): OrderEvent[] {
  return refunds.flatMap(({ refundId, amountCents, status, reason, items, restocked }) => {
    const requested = { ...about, refundId, amountCents, currency, reason, ...(items ? { items: [...items] } : {}) }
    const returned = { ...about, returnId: refundId, items: [...(restocked ?? [])] }
    return [
      ...(status === 'REQUESTED' ? [eventOf('PartialRefundRequested', requested, context, refundId)] : []),
      ...(restocked ? [eventOf('ItemsReturned', returned, context, refundId)] : []),
    ]
  })
}

export function refundOutcomes(
  about: About,
  refunds: readonly StoredPartialRefund[],
  context: EventContext,
): OrderEvent[] {
  return refunds.flatMap(({ refundId, amountCents, currency, ...refund }): OrderEvent[] => {
    const part = { ...about, refundId, amountCents, currency }
    const { status, refusal, chargeId, providerRefundId } = refund
    if (status === 'REFUSED' && refusal !== undefined)
      return [eventOf('PartialRefundRefused', { ...part, refusal }, context, refundId)]
    if (status !== 'REFUNDED' || chargeId === undefined || providerRefundId === undefined) return []
    return [eventOf('PaymentPartlyRefunded', { ...part, chargeId, providerRefundId }, context, refundId)]
  })
}

export function disputeEvents(about: About, disputes: readonly StoredDispute[], context: EventContext): OrderEvent[] {
  return disputes.flatMap(({ status, ...dispute }) => {
    const data = { ...about, ...dispute }
    const { disputeId } = dispute
    return [
      eventOf('PaymentDisputed', data, context, disputeId),
      ...(status === 'OPEN' ? [] : [eventOf('PaymentDisputeClosed', { ...data, outcome: status }, context, disputeId)]),
    ]
  })
}
