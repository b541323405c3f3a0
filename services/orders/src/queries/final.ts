// Is this all there will ever be to say of an order? Only then may a copy of it be kept: whoever
// reads the copy has missed nothing.
//
// SHIPPED and CANCELLED are ends, but not the end of the history: news of different topics overtake
// each other, so what happened before may be heard after. Each event is in a history once. So an
// order is final when it has ended and everything has been heard that its services say of an order
// that ends so. Of one that was called back nobody knows what else is on its way (a charge, a
// refund), and it is never final. tests/interleavings holds this against thousands of random
// orders of events.
import type { CancellationReason, EventType, OrderStatus } from '@orderpipeline/order-events'

export interface Told {
  readonly status: OrderStatus
  readonly reason?: CancellationReason
  readonly parcel?: { readonly status: string }
  readonly timeline: readonly { readonly event: EventType }[]
}

const ofCancelled: Readonly<Partial<Record<CancellationReason, readonly EventType[]>>> = {
  // Nobody else has heard of it.
  UNKNOWN_SKU: ['OrderPlaced'],
  // Nothing was reserved, so nothing is charged.
  OUT_OF_STOCK: ['OrderPlaced', 'OrderValidated', 'StockRejected'],
  PAYMENT_DECLINED: ['OrderPlaced', 'OrderValidated', 'StockReserved', 'PaymentDeclined'],
}
const ofShipped: readonly EventType[] = [
  'OrderPlaced',
  'OrderValidated',
  'StockReserved',
  'PaymentCaptured',
  'OrderConfirmed',
  'ShipmentPrepared',
]

/** More comes of a parcel until it is with somebody. */
const parcelEnds: readonly string[] = ['DELIVERED', 'RETURNED']

export function isFinal({ status, reason, parcel, timeline }: Told): boolean {
  if (parcel && !parcelEnds.includes(parcel.status)) return false
  const expected = status === 'SHIPPED' ? ofShipped : status === 'CANCELLED' && reason ? ofCancelled[reason] : undefined
  const events = new Set(timeline.map(({ event }) => event))
  return expected !== undefined && expected.every((event) => events.has(event))
}
