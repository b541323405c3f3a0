// What becomes of an order when something is heard about it? The state machine, and nothing else.
//
// PLACED → PROCESSING → CONFIRMED | CANCELLED. News about an order that has ended changes nothing; news that comes out of
// order may skip a state, never go back to one.
import { eventOf, following } from '@orderpipeline/order-events'
import type { CancellationReason, EventOf, OrderEvent, OrderStatus, PricedItem } from '@orderpipeline/order-events'

export interface Decision {
  readonly status: OrderStatus
  readonly reason?: CancellationReason
  /** Known once the order is priced. */
  readonly totalCents?: number
  readonly events: readonly OrderEvent[]
}

export const source = '/orders'

/** `undefined`: nothing changes and there is nothing to say. */
export function decide(
  status: OrderStatus,
  news: OrderEvent,
  priceOf: (sku: string) => number | undefined,
  now: Date,
): Decision | undefined {
  if (status === 'CONFIRMED' || status === 'CANCELLED') return undefined
  switch (news.type) {
    case 'OrderPlaced':
      return status === 'PLACED' ? placed(news, priceOf, now) : undefined
    case 'StockRejected':
      return cancelled(news, 'OUT_OF_STOCK', now)
    case 'PaymentCaptured':
      return { status: 'CONFIRMED', events: [statusChanged(news, 'CONFIRMED', undefined, now)] }
    case 'PaymentDeclined': {
      const decision = cancelled(news, 'PAYMENT_DECLINED', now)
      // Its stock is reserved: inventory must hear of it.
      const data = { ...about(news), reason: 'PAYMENT_DECLINED' as const }
      return {
        ...decision,
        events: [eventOf('OrderCancelled', data, following(news, source, now)), ...decision.events],
      }
    }
    default:
      return undefined
  }
}

function placed(news: EventOf<'OrderPlaced'>, priceOf: (sku: string) => number | undefined, now: Date): Decision {
  const items = news.data.items.flatMap((item): PricedItem[] => {
    const unitPriceCents = priceOf(item.sku)
    return unitPriceCents === undefined ? [] : [{ ...item, unitPriceCents }]
  })
  if (items.length < news.data.items.length) return cancelled(news, 'UNKNOWN_SKU', now)
  const totalCents = items.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0)
  const { currency } = news.data
  const validated = eventOf(
    'OrderValidated',
    { ...about(news), items, totalCents, currency },
    following(news, source, now),
  )
  return {
    status: 'PROCESSING',
    totalCents,
    events: [validated, statusChanged(news, 'PROCESSING', undefined, now)],
  }
}

function cancelled(news: OrderEvent, reason: CancellationReason, now: Date): Decision {
  return { status: 'CANCELLED', reason, events: [statusChanged(news, 'CANCELLED', reason, now)] }
}

function statusChanged(
  news: OrderEvent,
  status: OrderStatus,
  reason: CancellationReason | undefined,
  now: Date,
): OrderEvent {
  const data = { ...about(news), status, ...(reason === undefined ? {} : { reason }) }
  return eventOf('OrderStatusChanged', data, following(news, source, now), status)
}

function about(news: OrderEvent): { orderId: string; customerId: string } {
  return { orderId: news.data.orderId, customerId: news.data.customerId }
}
