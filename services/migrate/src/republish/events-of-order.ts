// Which events about an order must Kafka have, by what the services have stored? Those that may be
// on their way: the last of every service, under the ids that they had. A stage that has handled
// one drops it by its inbox; one that has not goes on from it. Pure.
import { eventOf } from '@orderpipeline/order-events'
import type {
  AnnouncedStatus,
  CancellationReason,
  EventContext,
  EventOf,
  OrderEvent,
  OrderStatus,
  Parcel,
  PricedItem,
  Priority,
} from '@orderpipeline/order-events'
import { disputeEvents, refundOutcomes, refundRequests } from './events-of-money.ts'
import type { StoredDispute, StoredPartialRefund, StoredRefund } from './events-of-money.ts'

/** What every service has stored about one order. */
export interface OrderRecord {
  readonly orderId: string
  readonly customerId: string
  readonly currency: string
  readonly status: OrderStatus
  readonly reason?: CancellationReason | undefined
  readonly totalCents?: number | undefined
  readonly correlationId?: string | undefined
  readonly priority?: Priority | undefined
  readonly parcel?: Parcel | undefined
  /** How its hold ended, if it was held. */
  readonly holdOutcome?: 'RELEASED' | 'CANCELLED' | undefined
  /** Whether the orders service has read its reservation, where it is held. */
  readonly isReservationKnown?: boolean | undefined
  readonly items: readonly (Pick<PricedItem, 'sku' | 'quantity'> & { readonly unitPriceCents?: number | undefined })[]
  readonly reservation?: 'RESERVED' | 'REJECTED' | 'RELEASED' | 'CANCELLED_EARLY' | undefined
  readonly payment?: StoredPayment | undefined
  readonly shipment?: StoredShipment | undefined
  readonly refunds?: readonly StoredRefund[] | undefined
  readonly partialRefunds?: readonly StoredPartialRefund[] | undefined
  readonly disputes?: readonly StoredDispute[] | undefined
}

export interface StoredPayment {
  readonly status: 'CAPTURED' | 'DECLINED' | 'CANCELLED' | 'REFUNDED'
  readonly amountCents?: number | undefined
  readonly currency?: string | undefined
  readonly chargeId?: string | undefined
  readonly refundId?: string | undefined
  readonly declineReason?: string | undefined
}

export interface StoredShipment {
  readonly status: 'PREPARED' | 'DISPATCHED' | 'RECALLED' | 'CANCELLED_EARLY'
  readonly shipmentId?: string | undefined
  readonly parcel?: Parcel | undefined
}

/** In the order in which they first came. */
export function eventsOfOrder(order: OrderRecord, now: Date): readonly OrderEvent[] {
  return [
    ...ordersEvents(order, contextOf('/orders', order, now)),
    ...refundRequests(aboutOf(order), order.currency, order.refunds ?? [], contextOf('/orders', order, now)),
    ...inventoryEvents(order, contextOf('/inventory', order, now)),
    ...paymentEvents(order, contextOf('/payment', order, now)),
    ...refundOutcomes(aboutOf(order), order.partialRefunds ?? [], contextOf('/payment', order, now)),
    ...disputeEvents(aboutOf(order), order.disputes ?? [], contextOf('/payment', order, now)),
    ...shippingEvents(order, contextOf('/shipping', order, now)),
  ]
}

/**
 * The reservation of a released order, which the payment may not have read yet. That of an order
 * that was never held is passed on by the stage that decides so, which reads it again.
 */
export function clearedOfOrder(order: OrderRecord, now: Date): EventOf<'StockReserved'> | undefined {
  const { status, holdOutcome, totalCents, currency } = order
  if (status !== 'PROCESSING' || holdOutcome !== 'RELEASED' || totalCents === undefined) return undefined
  return eventOf('StockReserved', { ...aboutOf(order), totalCents, currency }, contextOf('/orders', order, now))
}

function contextOf(source: string, { correlationId, priority }: OrderRecord, now: Date): EventContext {
  return { source, now, correlationId, priority }
}

function ordersEvents(order: OrderRecord, context: EventContext): OrderEvent[] {
  const { status, payment, shipment } = order
  const statusEvent = status === 'PLACED' || status === 'HELD' ? [] : [statusChanged(order, status, context)]
  switch (status) {
    case 'PLACED':
      return [orderPlaced(order, context)]
    case 'PROCESSING':
    case 'HELD':
      return [...validated(order, context), ...statusEvent]
    case 'CONFIRMED':
      return [confirmed(order, context), ...statusEvent]
    case 'SHIPPED': {
      const shipmentId = shipment?.shipmentId
      const shipped = shipmentId ? [eventOf('OrderShipped', { ...aboutOf(order), shipmentId }, context)] : []
      return [confirmed(order, context), ...shipped, ...statusEvent]
    }
    case 'CANCELLED':
      return [...cancelled(order, context), ...refundRequested(order, payment, context), ...statusEvent]
  }
}

function orderPlaced(order: OrderRecord, context: EventContext): OrderEvent {
  return eventOf('OrderPlaced', { ...aboutOf(order), items: itemsOf(order), currency: order.currency }, context)
}

/** None of an order whose prices are not known: it is older than agreed prices, and not priced. */
function validated(order: OrderRecord, context: EventContext): OrderEvent[] {
  const { currency, totalCents } = order
  const items = order.items.flatMap(({ unitPriceCents, ...item }) =>
    unitPriceCents === undefined ? [] : [{ ...item, unitPriceCents }],
  )
  if (totalCents === undefined || items.length < order.items.length) return []
  return [eventOf('OrderValidated', { ...aboutOf(order), items, totalCents, currency }, context)]
}

function confirmed(order: OrderRecord, context: EventContext): OrderEvent {
  return eventOf('OrderConfirmed', { ...aboutOf(order), items: itemsOf(order) }, context)
}

/** Out of stock or not sold: nothing was reserved and nothing charged, so that nothing was said. */
const quietReasons: readonly (CancellationReason | undefined)[] = ['OUT_OF_STOCK', 'UNKNOWN_SKU']

function cancelled(order: OrderRecord, context: EventContext): OrderEvent[] {
  const { reason } = order
  if (reason === undefined || quietReasons.includes(reason)) return []
  return [eventOf('OrderCancelled', { ...aboutOf(order), reason }, context)]
}

function refundRequested(order: OrderRecord, payment: StoredPayment | undefined, context: EventContext): OrderEvent[] {
  if (payment?.status !== 'CAPTURED' || payment.chargeId === undefined) return []
  return [eventOf('RefundRequested', { ...aboutOf(order), chargeId: payment.chargeId }, context)]
}

function statusChanged(order: OrderRecord, status: AnnouncedStatus, context: EventContext): OrderEvent {
  const { reason, parcel } = order
  const data = {
    ...{ ...aboutOf(order), status },
    ...(reason === undefined ? {} : { reason }),
    ...(status === 'SHIPPED' && parcel ? { parcel } : {}),
  }
  return eventOf('OrderStatusChanged', data, context, status)
}

const openStatuses: readonly OrderStatus[] = ['PLACED', 'PROCESSING', 'HELD']

/** What the orders service may not have heard. */
function inventoryEvents(order: OrderRecord, context: EventContext): OrderEvent[] {
  const { status, reservation, totalCents, currency, isReservationKnown = false } = order
  // A held order must not come to the payment by a stage that has lost its tables.
  if (!openStatuses.includes(status) || (status === 'HELD' && isReservationKnown)) return []
  if (reservation === 'RESERVED' && totalCents !== undefined)
    return [eventOf('StockReserved', { ...aboutOf(order), totalCents, currency }, context)]
  // Which product was missing is not stored.
  if (reservation === 'REJECTED') return [eventOf('StockRejected', { ...aboutOf(order), missingSkus: [] }, context)]
  return []
}

function paymentEvents(order: OrderRecord, context: EventContext): OrderEvent[] {
  const { status, payment } = order
  const { amountCents: totalCents, currency, chargeId, refundId } = payment ?? {}
  if (payment === undefined || totalCents === undefined || currency === undefined) return []
  const money = { ...aboutOf(order), totalCents, currency }
  const isOpen = openStatuses.includes(status)
  if (payment.status === 'DECLINED' && isOpen)
    return [eventOf('PaymentDeclined', { ...money, declineReason: payment.declineReason ?? 'declined' }, context)]
  if (chargeId === undefined) return []
  if (payment.status === 'CAPTURED' && (isOpen || status === 'CANCELLED'))
    return [eventOf('PaymentCaptured', { ...money, chargeId }, context)]
  if (payment.status === 'REFUNDED' && refundId !== undefined)
    return [eventOf('PaymentRefunded', { ...money, chargeId, refundId }, context)]
  return []
}

function shippingEvents(order: OrderRecord, context: EventContext): OrderEvent[] {
  const { status, shipment } = order
  if (status !== 'CONFIRMED' || shipment?.status !== 'PREPARED' || shipment.shipmentId === undefined) return []
  const { shipmentId, parcel } = shipment
  return [eventOf('ShipmentPrepared', { ...aboutOf(order), shipmentId, ...(parcel ? { parcel } : {}) }, context)]
}

function aboutOf({ orderId, customerId }: OrderRecord) {
  return { orderId, customerId }
}
function itemsOf({ items }: OrderRecord) {
  return items.map(({ sku, quantity }) => ({ sku, quantity }))
}
