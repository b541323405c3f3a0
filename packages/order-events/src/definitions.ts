// Which events exist, what is in each, and which topic carries it? Unknown fields are tolerated
// everywhere (zod drops them), so a producer may add one without a new version; a field that
// changes its meaning or is removed needs a new `.v2` type next to the old one.
import * as z from 'zod'

/**
 * A UUID in lower case. RFC 9562 lets a producer write upper case (macOS, SQL Server and Swift do);
 * PostgreSQL answers in lower case, so an id in upper case would match no row that comes back.
 */
export const Uuid = z.uuid().toLowerCase()
export const OrderId = Uuid
export const CustomerId = z.string().min(1).max(64)
export const Sku = z.string().regex(/^[A-Z0-9][A-Z0-9-]{0,39}$/)
export const Currency = z.string().regex(/^[A-Z]{3}$/)
/** Money in minor units; the bound keeps the total of 50 lines of 1,000 pieces a safe integer. */
export const UnitPriceCents = z.int().min(0).max(10_000_000_000)
export const TotalCents = z.int().min(0)

export const OrderItem = z.object({ sku: Sku, quantity: z.int().min(1).max(1000) })
export const PricedItem = OrderItem.extend({ unitPriceCents: UnitPriceCents })

/**
 * HELD: it is not charged until a person or time has decided. CONFIRMED: paid, and still to be
 * shipped. SHIPPED and CANCELLED are ends.
 */
export const orderStatuses = ['PLACED', 'PROCESSING', 'HELD', 'CONFIRMED', 'SHIPPED', 'CANCELLED'] as const
export const terminalStatuses = ['SHIPPED', 'CANCELLED'] as const
/**
 * DISPUTED: the bank has taken the payment back before the order was shipped. FRAUD: it was held,
 * and a person or time has decided against it. SHOP: a person of the staff.
 */
export const cancellationReasons = [
  'UNKNOWN_SKU',
  'OUT_OF_STOCK',
  'PAYMENT_DECLINED',
  'CUSTOMER',
  'DEADLINE',
  'DISPUTED',
  'FRAUD',
  'SHOP',
] as const
/** The statuses that events announce: a hold is the shop's own affair. */
export const announcedStatuses = ['PLACED', 'PROCESSING', 'CONFIRMED', 'SHIPPED', 'CANCELLED'] as const
const AnnouncedStatus = z.enum(announcedStatuses)
export const CancellationReason = z.enum(cancellationReasons)

/** Where a parcel can be followed. */
export const Parcel = z.object({
  carrier: z.string().min(1).max(100),
  trackingNumber: z.string().min(1).max(100),
  trackingUrl: z.string().min(1).max(500).optional(),
})
export const parcelStatuses = ['DELIVERED', 'DELIVERY_FAILED', 'RETURNED'] as const
export const ParcelStatus = z.enum(parcelStatuses)

/** Why an order is held, in words of the stage that asks for it, such as MANY_ORDERS. */
export const HoldReason = z.string().regex(/^[A-Z][A-Z0-9_]{0,39}$/)

const aboutOrder = { orderId: OrderId, customerId: CustomerId }
const amount = { totalCents: TotalCents, currency: Currency }
/** A refund of a part, under the id that the orders service gave it. */
const partialRefund = { refundId: Uuid, amountCents: z.int().min(1), currency: Currency }
const dispute = {
  chargeId: z.string().min(1),
  disputeId: z.string().min(1).max(255),
  amountCents: z.int().min(0),
  currency: Currency,
  /** The bank's, as the provider spells it, such as `fraudulent`. */
  reason: z.string(),
}
export const disputeOutcomes = ['WON', 'LOST'] as const

export const definitions = {
  OrderPlaced: {
    wireType: 'dev.orderpipeline.orders.placed.v1',
    topic: 'orders.placed',
    data: z.object({ ...aboutOrder, items: z.array(OrderItem).min(1).max(50), currency: Currency }),
  },
  OrderValidated: {
    wireType: 'dev.orderpipeline.orders.validated.v1',
    topic: 'orders.validated',
    data: z.object({ ...aboutOrder, items: z.array(PricedItem).min(1).max(50), ...amount }),
  },
  StockReserved: {
    wireType: 'dev.orderpipeline.inventory.stock-reserved.v1',
    topic: 'inventory.updated',
    data: z.object({ ...aboutOrder, ...amount }),
  },
  StockRejected: {
    wireType: 'dev.orderpipeline.inventory.stock-rejected.v1',
    topic: 'inventory.updated',
    data: z.object({ ...aboutOrder, missingSkus: z.array(Sku) }),
  },
  /** A question: the stock is still held, and comes back only by the answer. */
  ReservationExpired: {
    wireType: 'dev.orderpipeline.inventory.reservation-expired.v1',
    topic: 'inventory.updated',
    data: z.object(aboutOrder),
  },
  /**
   * A stage that passes reservations on to the payment (`payment.cleared`) keeps this one back: the
   * order shall wait for a decision before it is charged.
   */
  HoldRequested: {
    wireType: 'dev.orderpipeline.orders.hold-requested.v1',
    topic: 'orders.holds',
    data: z.object({ ...aboutOrder, reasons: z.array(HoldReason).min(1).max(20) }),
  },
  PaymentCaptured: {
    wireType: 'dev.orderpipeline.payment.captured.v1',
    topic: 'payment.processed',
    data: z.object({ ...aboutOrder, ...amount, chargeId: z.string().min(1) }),
  },
  PaymentDeclined: {
    wireType: 'dev.orderpipeline.payment.declined.v1',
    topic: 'payment.processed',
    data: z.object({ ...aboutOrder, ...amount, declineReason: z.string() }),
  },
  PaymentRefunded: {
    wireType: 'dev.orderpipeline.payment.refunded.v1',
    topic: 'payment.processed',
    data: z.object({ ...aboutOrder, ...amount, chargeId: z.string().min(1), refundId: z.string().min(1) }),
  },
  /**
   * A part of the payment has gone back; the rest stays. These and the other events of
   * `payment.adjusted` and `orders.refunds` have topics apart from those of versions that do not
   * know them.
   */
  PaymentPartlyRefunded: {
    wireType: 'dev.orderpipeline.payment.partly-refunded.v1',
    topic: 'payment.adjusted',
    data: z.object({
      ...aboutOrder,
      ...partialRefund,
      chargeId: z.string().min(1),
      providerRefundId: z.string().min(1),
    }),
  },
  /** It will not be made. `refusal` says why, such as `EXCEEDS_CHARGE`. */
  PartialRefundRefused: {
    wireType: 'dev.orderpipeline.payment.partial-refund-refused.v1',
    topic: 'payment.adjusted',
    data: z.object({ ...aboutOrder, ...partialRefund, refusal: z.string().min(1) }),
  },
  /** The customer's bank has taken the money back, and it is open who gets it in the end. */
  PaymentDisputed: {
    wireType: 'dev.orderpipeline.payment.disputed.v1',
    topic: 'payment.adjusted',
    data: z.object({ ...aboutOrder, ...dispute }),
  },
  /** WON: the shop has the money again. LOST: the customer keeps it. */
  PaymentDisputeClosed: {
    wireType: 'dev.orderpipeline.payment.dispute-closed.v1',
    topic: 'payment.adjusted',
    data: z.object({ ...aboutOrder, ...dispute, outcome: z.enum(disputeOutcomes) }),
  },
  /** Paid: the shipment may be prepared. */
  OrderConfirmed: {
    wireType: 'dev.orderpipeline.orders.confirmed.v1',
    topic: 'orders.fulfilment',
    data: z.object({ ...aboutOrder, items: z.array(OrderItem).min(1).max(50) }),
  },
  /** From here on it cannot be cancelled: the prepared shipment may leave the warehouse. */
  OrderShipped: {
    wireType: 'dev.orderpipeline.orders.shipped.v1',
    topic: 'orders.fulfilment',
    data: z.object({ ...aboutOrder, shipmentId: Uuid }),
  },
  ShipmentPrepared: {
    wireType: 'dev.orderpipeline.shipping.prepared.v1',
    topic: 'shipping.updated',
    data: z.object({ ...aboutOrder, shipmentId: Uuid, parcel: Parcel.optional() }),
  },
  /** For an order that has been shipped: its carrier has handed it over. */
  ParcelDelivered: {
    wireType: 'dev.orderpipeline.shipping.parcel-delivered.v1',
    topic: 'shipping.updated',
    data: z.object({ ...aboutOrder, shipmentId: Uuid, parcel: Parcel }),
  },
  /** It could not be handed over; it may yet be, or come back. */
  ParcelDeliveryFailed: {
    wireType: 'dev.orderpipeline.shipping.parcel-delivery-failed.v1',
    topic: 'shipping.updated',
    data: z.object({ ...aboutOrder, shipmentId: Uuid, parcel: Parcel }),
  },
  /** The shipment is back with the shop. */
  ParcelReturned: {
    wireType: 'dev.orderpipeline.shipping.parcel-returned.v1',
    topic: 'shipping.updated',
    data: z.object({ ...aboutOrder, shipmentId: Uuid, parcel: Parcel }),
  },
  OrderCancelled: {
    wireType: 'dev.orderpipeline.orders.cancelled.v1',
    topic: 'orders.cancelled',
    data: z.object({ ...aboutOrder, reason: CancellationReason }),
  },
  /** A payment was captured for an order that had been cancelled by then. */
  RefundRequested: {
    wireType: 'dev.orderpipeline.orders.refund-requested.v1',
    topic: 'orders.cancelled',
    data: z.object({ ...aboutOrder, chargeId: z.string().min(1) }),
  },
  /** The orders service has accepted it: no more than was paid, under the order's lock. */
  PartialRefundRequested: {
    wireType: 'dev.orderpipeline.orders.partial-refund-requested.v1',
    topic: 'orders.refunds',
    data: z.object({
      ...aboutOrder,
      ...partialRefund,
      /** Up to 200 characters, some of which are two units of UTF-16. */
      reason: z.string().min(1).max(400),
      items: z.array(OrderItem).min(1).max(50).optional(),
    }),
  },
  /** Pieces of a shipped order are with the shop again and can be sold. */
  ItemsReturned: {
    wireType: 'dev.orderpipeline.orders.items-returned.v1',
    topic: 'orders.refunds',
    data: z.object({ ...aboutOrder, returnId: Uuid, items: z.array(OrderItem).min(1).max(50) }),
  },
  /**
   * Products that may please a customer too. It has a topic apart from the order's own events, so
   * that it waits behind them.
   */
  ProductsRecommended: {
    wireType: 'dev.orderpipeline.products.recommended.v1',
    topic: 'products.recommended',
    data: z.object({ ...aboutOrder, skus: z.array(Sku).min(1).max(20) }),
  },
  /**
   * A cart that its customer has left for a while. `orderId` is the cart's id, which is no order's:
   * it is what every event is about.
   */
  CartAbandoned: {
    wireType: 'dev.orderpipeline.carts.abandoned.v1',
    topic: 'carts.abandoned',
    data: z.object({ ...aboutOrder, items: z.array(OrderItem).min(1).max(50) }),
  },
  /** A cart that was reported as abandoned is empty now, or has been ordered. */
  CartClosed: {
    wireType: 'dev.orderpipeline.carts.closed.v1',
    topic: 'carts.abandoned',
    data: z.object(aboutOrder),
  },
  OrderStatusChanged: {
    wireType: 'dev.orderpipeline.orders.status-changed.v1',
    topic: 'orders.status',
    data: z.object({
      ...aboutOrder,
      status: AnnouncedStatus,
      reason: CancellationReason.optional(),
      parcel: Parcel.optional(),
    }),
  },
  /** For an order that has been shipped. */
  ParcelStatusChanged: {
    wireType: 'dev.orderpipeline.orders.parcel-status-changed.v1',
    topic: 'orders.status',
    data: z.object({ ...aboutOrder, status: ParcelStatus, parcel: Parcel }),
  },
} as const

export type EventType = keyof typeof definitions
export type EventData<T extends EventType> = z.infer<(typeof definitions)[T]['data']>
export type Topic = (typeof definitions)[EventType]['topic']
export type OrderItem = z.infer<typeof OrderItem>
export type PricedItem = z.infer<typeof PricedItem>
export type OrderStatus = (typeof orderStatuses)[number]
export type AnnouncedStatus = (typeof announcedStatuses)[number]
export type Parcel = z.infer<typeof Parcel>
export type ParcelStatus = z.infer<typeof ParcelStatus>
export type CancellationReason = z.infer<typeof CancellationReason>
export type DisputeOutcome = (typeof disputeOutcomes)[number]
