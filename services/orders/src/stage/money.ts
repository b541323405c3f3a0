// What do events about an order's money make of it, after its payment was made? Payment says what
// has become of refunds of parts and of disputes; a parcel that comes back is refunded. Pure.
import { eventId } from '@orderpipeline/order-events'
import type { EventContext, OrderEvent, OrderItem } from '@orderpipeline/order-events'
import { costOf, isDisputed, noMoney, refundableCents, remainingQuantities } from '../money/money.ts'
import type { Money, PaidOrder, StoredDispute, StoredRefund } from '../money/money.ts'
import { refundEvents } from '../money/refund-events.ts'

/** `undefined`: the event is not about that, or says nothing new. */
export function adjustedMoney(event: OrderEvent, order: Money = noMoney): Money | undefined {
  switch (event.type) {
    case 'PaymentPartlyRefunded':
    case 'PartialRefundRefused':
      return withRefund(order, event)
    case 'PaymentDisputed':
    case 'PaymentDisputeClosed':
      return withDispute(order, event)
    default:
      return undefined
  }
}

type RefundOutcome = Extract<OrderEvent, { type: 'PaymentPartlyRefunded' | 'PartialRefundRefused' }>
type DisputeEvent = Extract<OrderEvent, { type: 'PaymentDisputed' | 'PaymentDisputeClosed' }>

/**
 * A refund that payment made by itself, such as of what a lost dispute has left, is new here. One
 * that was made stays so.
 */
function withRefund({ refunds, disputes }: Money, event: RefundOutcome): Money | undefined {
  const { refundId, amountCents } = event.data
  const previous = refunds.find((refund) => refund.refundId === refundId)
  if (previous && previous.status !== 'REQUESTED') return undefined
  const outcome =
    event.type === 'PaymentPartlyRefunded'
      ? { status: 'REFUNDED' as const }
      : { status: 'REFUSED' as const, refusal: event.data.refusal }
  const base = previous ?? { refundId, amountCents, reason: 'payment', at: event.time }
  const refund: StoredRefund = { ...base, ...outcome, settledAt: event.time }
  return { disputes, refunds: [...refunds.filter((other) => other !== previous), refund] }
}

function withDispute({ refunds, disputes }: Money, event: DisputeEvent): Money | undefined {
  const { disputeId, amountCents, currency, reason } = event.data
  const previous = disputes.find((dispute) => dispute.disputeId === disputeId)
  const closed =
    event.type === 'PaymentDisputeClosed' ? { status: event.data.outcome, closedAt: event.time } : undefined
  if (previous && (previous.status !== 'OPEN' || !closed)) return undefined
  const base = previous ?? { disputeId, status: 'OPEN' as const, amountCents, currency, reason, openedAt: event.time }
  const dispute: StoredDispute = { ...base, ...closed }
  return { refunds, disputes: [...disputes.filter((other) => other !== previous), dispute] }
}

export interface ReturnPolicy {
  /** SKUs that are no goods, such as the cost of shipping: neither refunded nor put into stock. */
  readonly keptSkus: readonly string[]
}

export interface ReturnDecision {
  readonly money?: Money
  readonly events: readonly OrderEvent[]
}

/**
 * The whole parcel is with the shop again. Every piece that was not refunded before is refunded at
 * what was paid for it, and every piece that is not in stock again goes there. Of a disputed
 * payment nothing is refunded: the bank decides who gets the money.
 */
export function returnedParcel(
  about: { readonly orderId: string; readonly customerId: string },
  order: PaidOrder & { readonly currency: string },
  { keptSkus }: ReturnPolicy,
  context: EventContext,
): ReturnDecision {
  const goods = order.items.filter(({ sku }) => !keptSkus.includes(sku))
  const refundedItems = piecesOf(goods, remainingQuantities({ ...order, items: goods }))
  const restockedItems = piecesOf(goods, remainingQuantities({ ...order, items: goods }, 'restocked'))
  const refundId = eventId('ParcelReturned', about.orderId)
  const amountCents = Math.min(costOf(refundedItems, goods), refundableCents(order))
  const isRefunded = amountCents > 0 && !isDisputed(order)
  const refund: StoredRefund = {
    ...{ refundId, amountCents, status: isRefunded ? 'REQUESTED' : 'REFUSED', reason: 'returned' },
    ...(isRefunded ? { items: refundedItems } : { refusal: isDisputed(order) ? 'DISPUTED' : 'REFUNDED' }),
    ...(restockedItems.length > 0 ? { restocked: restockedItems } : {}),
    at: context.now.toISOString(),
  }
  const events = refundEvents({ ...about, currency: order.currency }, refund, context).filter(
    ({ type }) => isRefunded || type !== 'PartialRefundRequested',
  )
  if (events.length === 0) return { events }
  return { money: { refunds: [...order.refunds, refund], disputes: order.disputes }, events }
}

function piecesOf(goods: readonly OrderItem[], quantities: ReadonlyMap<string, number>): OrderItem[] {
  return [...new Set(goods.map(({ sku }) => sku))].flatMap((sku) => {
    const quantity = quantities.get(sku) ?? 0
    return quantity > 0 ? [{ sku, quantity }] : []
  })
}
