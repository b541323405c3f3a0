// What happens to an order when an event about it arrives? The state machine, and nothing else.
//
// PLACED → PROCESSING → CONFIRMED → SHIPPED | CANCELLED. While it is PROCESSING it may be HELD
// once, until it is released into PROCESSING or cancelled. An order may be cancelled until it is
// SHIPPED, which is decided here and not where it is packed: shipping only prepares, and dispatches
// what OrderShipped names. So no order is ever both. Events may come out of order and skip a state,
// never go back to one. An event about a cancelled order may still need an answer: money that was
// taken meanwhile has to go back. The status of a shipped order's parcel is no state of the order.
import { eventOf, following } from '@orderpipeline/order-events'
import type {
  AnnouncedStatus,
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
import type { Money, PaidOrder } from '../money/money.ts'
import { adjustedMoney, returnedParcel } from './money.ts'
import type { ReturnPolicy } from './money.ts'

export interface Decision {
  readonly status: OrderStatus
  readonly reason?: CancellationReason
  /** Known once the order is priced, with the lines that add up to it. */
  readonly totalCents?: number
  readonly lines?: readonly PricedItem[]
  readonly events: readonly OrderEvent[]
  /** Known once a carrier has it, and in all later events about it. */
  readonly parcel?: StoredParcel
  /** Why it is held, of an order that is held from now on. */
  readonly holdReasons?: readonly string[]
  /** What has happened to the payment since it was made, where that is new. */
  readonly money?: Money
}

export interface StoredParcel extends Parcel {
  readonly status: 'UNDERWAY' | ParcelStatus
}

/** What is known in addition to the event. */
export interface Facts {
  /**
   * What one piece costs in this order, in the minor unit of its currency; `undefined`: it is not
   * sold so.
   */
  readonly priceOf: (sku: string, order: { readonly orderId: string; readonly currency: string }) => number | undefined
  readonly itemsOf: (orderId: string) => readonly OrderItem[]
  /** No order is being paid, though some wait for it: questions about them are not decided now. */
  readonly paymentsStall?: boolean
  /** The status of an order's parcel, where it has one. */
  readonly parcelStatusOf?: (orderId: string) => StoredParcel['status'] | undefined
  /** Whether an order is held, or has been: what was decided then is not asked again. */
  readonly wasHeld?: (orderId: string) => boolean
  /** Refunds and disputes of an order; its lines where its parcel has come back. */
  readonly paidOrderOf?: (orderId: string) => (PaidOrder & { readonly currency: string }) | undefined
  /** What a parcel that comes back makes of the money; without one staff decides. */
  readonly returns?: ReturnPolicy | undefined
}

export interface About {
  readonly orderId: string
  readonly customerId: string
}

/** `undefined`: nothing changes and there is no event. The same status: there are only events. */
export function decide(status: OrderStatus, event: OrderEvent, facts: Facts, now: Date): Decision | undefined {
  const context = following(event, source, now)
  const money = adjustedMoney(event, facts.paidOrderOf?.(event.data.orderId))
  // The bank has taken the money before the goods have left: they stay. A dispute that the shop
  // wins makes payment give back what it has again.
  if (money && takesMoney(event) && cancellable(status)) return { ...ending(event.data, 'DISPUTED', context), money }
  if (money) return { status, money, events: [] }
  if (status === 'SHIPPED') return afterShipping(event, facts, context)
  if (status === 'CANCELLED') return afterCancellation(event, context)
  if (status === 'HELD') return whileHeld(event, context)
  switch (event.type) {
    case 'OrderPlaced':
      return status === 'PLACED' ? validation(event, facts.priceOf, context) : undefined
    case 'StockRejected':
      // Nothing is reserved and nothing charged: no service has anything to compensate.
      return status === 'CONFIRMED' ? undefined : ending(event.data, 'OUT_OF_STOCK', context, 'quietly')
    case 'ReservationExpired':
      // While no payments arrive at all, the question is not decided: inventory asks again.
      if (status === 'CONFIRMED' || facts.paymentsStall === true) return undefined
      return ending(event.data, 'DEADLINE', context)
    case 'PaymentDeclined':
      return status === 'CONFIRMED' ? undefined : ending(event.data, 'PAYMENT_DECLINED', context)
    case 'PaymentCaptured':
      return status === 'CONFIRMED' ? undefined : confirmation(event.data, facts.itemsOf(event.data.orderId), context)
    case 'ShipmentPrepared':
      return status === 'CONFIRMED' ? shipment(event, context) : undefined
    case 'HoldRequested':
      return status === 'PROCESSING' ? holdFor(event, facts) : undefined
    default:
      return undefined
  }
}

/** Also by a lost dispute of which it was never said that it was opened. */
function takesMoney(event: OrderEvent): boolean {
  return event.type === 'PaymentDisputed' || (event.type === 'PaymentDisputeClosed' && event.data.outcome === 'LOST')
}

/** Whether an order in this state can still be cancelled: by the customer, staff or time. */
export function cancellable(status: OrderStatus): boolean {
  return status !== 'SHIPPED' && status !== 'CANCELLED'
}

function holdFor({ data }: EventOf<'HoldRequested'>, { wasHeld }: Facts): Decision | undefined {
  return wasHeld?.(data.orderId) === true ? undefined : { status: 'HELD', holdReasons: data.reasons, events: [] }
}

/**
 * A held order waits for its decision and for nothing else: it stays held when its reservation is
 * old, and when it is charged all the same, by a payment stage that does not yet wait for holds.
 * Only what has been confirmed is prepared for shipping: a restored database may not know that the
 * order was released and paid.
 */
function whileHeld(event: OrderEvent, context: EventContext): Decision | undefined {
  switch (event.type) {
    case 'StockRejected':
      return ending(event.data, 'OUT_OF_STOCK', context, 'quietly')
    case 'PaymentDeclined':
      return ending(event.data, 'PAYMENT_DECLINED', context)
    case 'ShipmentPrepared':
      return shipment(event, context)
    default:
      return undefined
  }
}

/** What is known of a held order when it is released. */
export interface HeldOrder extends About {
  readonly currency: string
  readonly totalCents?: number | undefined
  readonly items: readonly OrderItem[]
  /** By its history: whether it has stock, and whether it has been charged. */
  readonly isReserved: boolean
  readonly isCaptured: boolean
}

export interface Release extends Decision {
  /** What the payment charges. */
  readonly cleared?: EventOf<'StockReserved'>
}

/**
 * `undefined`: not yet, since it has no stock as far as is known here, and must not be charged
 * without. The reservation that is passed on has the id of the one that was kept back: the payment
 * would drop it if both came.
 */
export function released(order: HeldOrder, context: EventContext): Release | undefined {
  const { currency, totalCents, isReserved, isCaptured } = order
  if (isCaptured) return confirmation(order, order.items, context)
  if (!isReserved || totalCents === undefined) return undefined
  const cleared = eventOf('StockReserved', { ...aboutOf(order), totalCents, currency }, context)
  return { status: 'PROCESSING', events: [], cleared }
}

/** Every service that may have done something for the order receives its end. */
export function cancelled(about: About, reason: CancellationReason, context: EventContext): Decision {
  return ending(about, reason, context)
}

function afterCancellation(event: OrderEvent, context: EventContext): Decision | undefined {
  if (event.type === 'PaymentCaptured') {
    const data = { ...aboutOf(event.data), chargeId: event.data.chargeId }
    return { status: 'CANCELLED', events: [eventOf('RefundRequested', data, context)] }
  }
  if (event.type === 'ReservationExpired') {
    // Its release was lost, or is on its way: publishing it again, under another id, does no harm.
    const data = { ...aboutOf(event.data), reason: 'DEADLINE' as const }
    return { status: 'CANCELLED', events: [eventOf('OrderCancelled', data, context, 'expired')] }
  }
  return undefined
}

const parcelStatusByEvent: Readonly<Partial<Record<OrderEvent['type'], ParcelStatus>>> = {
  ParcelDelivered: 'DELIVERED',
  ParcelDeliveryFailed: 'DELIVERY_FAILED',
  ParcelReturned: 'RETURNED',
}

/** An order that is shipped stays so; its parcel goes on, and does not go back. */
function afterShipping(event: OrderEvent, facts: Facts, context: EventContext): Decision | undefined {
  const status = parcelStatusByEvent[event.type]
  if (status === undefined || !('parcel' in event.data) || event.data.parcel === undefined) return undefined
  const previous = facts.parcelStatusOf?.(event.data.orderId)
  if (previous === 'DELIVERED' || previous === 'RETURNED' || previous === status) return undefined
  const { parcel } = event.data
  const statusEvent = eventOf('ParcelStatusChanged', { ...aboutOf(event.data), status, parcel }, context, status)
  const decision = { status: 'SHIPPED' as const, parcel: { ...parcel, status }, events: [statusEvent] }
  const paidOrder = facts.paidOrderOf?.(event.data.orderId)
  if (status !== 'RETURNED' || !facts.returns || !paidOrder) return decision
  const { events, ...more } = returnedParcel(aboutOf(event.data), paidOrder, facts.returns, context)
  return { ...decision, ...more, events: [statusEvent, ...events] }
}

function validation(event: EventOf<'OrderPlaced'>, priceOf: Facts['priceOf'], context: EventContext): Decision {
  const items = event.data.items.flatMap((item): PricedItem[] => {
    const unitPriceCents = priceOf(item.sku, event.data)
    return unitPriceCents === undefined ? [] : [{ ...item, unitPriceCents }]
  })
  if (items.length < event.data.items.length) return ending(event.data, 'UNKNOWN_SKU', context, 'quietly')
  const totalCents = items.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0)
  const { currency } = event.data
  const validated = eventOf('OrderValidated', { ...aboutOf(event.data), items, totalCents, currency }, context)
  return {
    status: 'PROCESSING',
    totalCents,
    lines: items,
    events: [validated, statusChanged(event.data, 'PROCESSING', undefined, context)],
  }
}

function confirmation(about: About, items: readonly OrderItem[], context: EventContext): Decision {
  return {
    status: 'CONFIRMED',
    events: [
      eventOf('OrderConfirmed', { ...aboutOf(about), items: [...items] }, context),
      statusChanged(about, 'CONFIRMED', undefined, context),
    ],
  }
}

function shipment(event: EventOf<'ShipmentPrepared'>, context: EventContext): Decision {
  const data = { ...aboutOf(event.data), shipmentId: event.data.shipmentId }
  const { parcel } = event.data
  return {
    status: 'SHIPPED',
    ...(parcel ? { parcel: { ...parcel, status: 'UNDERWAY' as const } } : {}),
    events: [eventOf('OrderShipped', data, context), statusChanged(event.data, 'SHIPPED', undefined, context, parcel)],
  }
}

function ending(about: About, reason: CancellationReason, context: EventContext, how?: 'quietly'): Decision {
  const messages = how === 'quietly' ? [] : [eventOf('OrderCancelled', { ...aboutOf(about), reason }, context)]
  return {
    status: 'CANCELLED',
    reason,
    events: [...messages, statusChanged(about, 'CANCELLED', reason, context)],
  }
}

function statusChanged(
  about: About,
  status: AnnouncedStatus,
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
