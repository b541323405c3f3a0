// What becomes of an order when something is heard about it? The state machine, and nothing else.
//
// PLACED → PROCESSING → CONFIRMED → SHIPPED | CANCELLED. An order may be cancelled until it is
// SHIPPED, which is decided here and not where it is packed: shipping only prepares, and lets go of
// what OrderShipped names. So no order is ever both. News may come out of order and skip a state,
// never go back to one. News about a cancelled order may still need an answer: what was taken
// meanwhile has to go back. What a shipped order's parcel does is no state of the order.
import { eventOf, following } from '@orderpipeline/order-events'
import type {
  CancellationReason,
  EventContext,
  EventOf,
  OrderEvent,
  OrderItem,
  OrderStatus,
  Parcel,
  ParcelStatus,
  PricedItem,
} from '@orderpipeline/order-events'
import { source } from '../event-source.ts'

export interface Decision {
  readonly status: OrderStatus
  readonly reason?: CancellationReason
  /** Known once the order is priced, with the lines that add up to it. */
  readonly totalCents?: number
  readonly lines?: readonly PricedItem[]
  readonly events: readonly OrderEvent[]
  /** Known once a carrier has it, and with all that is said of it later. */
  readonly parcel?: StoredParcel
}

export interface StoredParcel extends Parcel {
  readonly status: 'UNDERWAY' | ParcelStatus
}

/** What is known besides the news. */
export interface Facts {
  /**
   * What one piece costs in this order, in the minor unit of its currency; `undefined`: it is not
   * sold so.
   */
  readonly priceOf: (sku: string, order: { readonly orderId: string; readonly currency: string }) => number | undefined
  readonly itemsOf: (orderId: string) => readonly OrderItem[]
  /**
   * No order is being paid, though some wait for it: what is asked about them is not decided now.
   */
  readonly paymentsStall?: boolean
  /** Of an order's parcel, where it has one. */
  readonly parcelStatusOf?: (orderId: string) => StoredParcel['status'] | undefined
}

export interface About {
  readonly orderId: string
  readonly customerId: string
}

/**
 * `undefined`: nothing changes and there is nothing to say. The same status: only something to say.
 */
export function decide(status: OrderStatus, news: OrderEvent, facts: Facts, now: Date): Decision | undefined {
  const context = following(news, source, now)
  if (status === 'SHIPPED') return afterShipping(news, facts, context)
  if (status === 'CANCELLED') return afterCancellation(news, context)
  switch (news.type) {
    case 'OrderPlaced':
      return status === 'PLACED' ? placed(news, facts.priceOf, context) : undefined
    case 'StockRejected':
      // Nothing is reserved and nothing charged: nobody has anything to give back.
      return status === 'CONFIRMED' ? undefined : ended(news.data, 'OUT_OF_STOCK', context, 'quietly')
    case 'ReservationExpired':
      // While nobody's payments come, the question is put off: inventory asks again.
      if (status === 'CONFIRMED' || facts.paymentsStall === true) return undefined
      return ended(news.data, 'DEADLINE', context)
    case 'PaymentDeclined':
      return status === 'CONFIRMED' ? undefined : ended(news.data, 'PAYMENT_DECLINED', context)
    case 'PaymentCaptured':
      return status === 'CONFIRMED' ? undefined : confirmed(news, facts.itemsOf, context)
    case 'ShipmentPrepared':
      return status === 'CONFIRMED' ? shipped(news, context) : undefined
    default:
      return undefined
  }
}

/** Whether an order in this state can still be called back, by the customer or by the clock. */
export function cancellable(status: OrderStatus): boolean {
  return status !== 'SHIPPED' && status !== 'CANCELLED'
}

/** Everyone who may have done something for the order hears of its end. */
export function cancelled(about: About, reason: CancellationReason, context: EventContext): Decision {
  return ended(about, reason, context)
}

function afterCancellation(news: OrderEvent, context: EventContext): Decision | undefined {
  if (news.type === 'PaymentCaptured') {
    const data = { ...aboutOf(news.data), chargeId: news.data.chargeId }
    return { status: 'CANCELLED', events: [eventOf('RefundRequested', data, context)] }
  }
  if (news.type === 'ReservationExpired') {
    // Its release went astray, or is on its way: saying it again, under another id, hurts nobody.
    const data = { ...aboutOf(news.data), reason: 'DEADLINE' as const }
    return { status: 'CANCELLED', events: [eventOf('OrderCancelled', data, context, 'expired')] }
  }
  return undefined
}

const parcelNews: Readonly<Partial<Record<OrderEvent['type'], ParcelStatus>>> = {
  ParcelDelivered: 'DELIVERED',
  ParcelDeliveryFailed: 'DELIVERY_FAILED',
  ParcelReturned: 'RETURNED',
}

/** An order that is shipped stays so; its parcel goes on, and does not go back. */
function afterShipping(news: OrderEvent, { parcelStatusOf }: Facts, context: EventContext): Decision | undefined {
  const status = parcelNews[news.type]
  if (status === undefined || !('parcel' in news.data) || news.data.parcel === undefined) return undefined
  const known = parcelStatusOf?.(news.data.orderId)
  if (known === 'DELIVERED' || known === 'RETURNED' || known === status) return undefined
  const { parcel } = news.data
  const changed = eventOf('ParcelStatusChanged', { ...aboutOf(news.data), status, parcel }, context, status)
  return { status: 'SHIPPED', parcel: { ...parcel, status }, events: [changed] }
}

function placed(news: EventOf<'OrderPlaced'>, priceOf: Facts['priceOf'], context: EventContext): Decision {
  const items = news.data.items.flatMap((item): PricedItem[] => {
    const unitPriceCents = priceOf(item.sku, news.data)
    return unitPriceCents === undefined ? [] : [{ ...item, unitPriceCents }]
  })
  if (items.length < news.data.items.length) return ended(news.data, 'UNKNOWN_SKU', context, 'quietly')
  const totalCents = items.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0)
  const { currency } = news.data
  const validated = eventOf('OrderValidated', { ...aboutOf(news.data), items, totalCents, currency }, context)
  return {
    status: 'PROCESSING',
    totalCents,
    lines: items,
    events: [validated, statusChanged(news.data, 'PROCESSING', undefined, context)],
  }
}

function confirmed(news: EventOf<'PaymentCaptured'>, itemsOf: Facts['itemsOf'], context: EventContext): Decision {
  const items = [...itemsOf(news.data.orderId)]
  return {
    status: 'CONFIRMED',
    events: [
      eventOf('OrderConfirmed', { ...aboutOf(news.data), items }, context),
      statusChanged(news.data, 'CONFIRMED', undefined, context),
    ],
  }
}

function shipped(news: EventOf<'ShipmentPrepared'>, context: EventContext): Decision {
  const data = { ...aboutOf(news.data), shipmentId: news.data.shipmentId }
  const { parcel } = news.data
  return {
    status: 'SHIPPED',
    ...(parcel ? { parcel: { ...parcel, status: 'UNDERWAY' as const } } : {}),
    events: [eventOf('OrderShipped', data, context), statusChanged(news.data, 'SHIPPED', undefined, context, parcel)],
  }
}

function ended(about: About, reason: CancellationReason, context: EventContext, how?: 'quietly'): Decision {
  const told = how === 'quietly' ? [] : [eventOf('OrderCancelled', { ...aboutOf(about), reason }, context)]
  return {
    status: 'CANCELLED',
    reason,
    events: [...told, statusChanged(about, 'CANCELLED', reason, context)],
  }
}

function statusChanged(
  about: About,
  status: OrderStatus,
  reason: CancellationReason | undefined,
  context: EventContext,
  parcel?: Parcel,
): OrderEvent {
  const data = { ...aboutOf(about), status, ...(reason === undefined ? {} : { reason }), ...(parcel ? { parcel } : {}) }
  return eventOf('OrderStatusChanged', data, context, status)
}

function aboutOf({ orderId, customerId }: About): About {
  return { orderId, customerId }
}
