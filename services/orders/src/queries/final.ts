// Is an order's history complete? Only then may a copy of it be kept: a reader of the copy has
// missed nothing.
//
// SHIPPED and CANCELLED are ends, but not the end of the history: events of different topics
// overtake each other, so an earlier event may arrive later. Each event is in a history once. So an
// order is final when it has ended and its history has every event that the services publish about
// an order with that end. For an order that was cancelled by a person or by time it is unknown what
// else is on its way (a charge, a refund), and it is never final. Nor is a paid order where the
// shop refunds parts or hears of disputes: either may come months later. tests/interleavings holds
// this against thousands of random orders of events.
import type { CancellationReason, EventType, OrderStatus } from '@orderpipeline/order-events'
import type { HistoryEvent } from '../stage/timeline.ts'

export interface OrderHistory {
  readonly status: OrderStatus
  readonly reason?: CancellationReason
  readonly parcel?: { readonly status: string }
  readonly timeline: readonly { readonly event: HistoryEvent }[]
}

const ofCancelled: Readonly<Partial<Record<CancellationReason, readonly EventType[]>>> = {
  // No other service has received it.
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

/** Further events about a parcel come until it is delivered or returned. */
const parcelEnds: readonly string[] = ['DELIVERED', 'RETURNED']

/** `paidOrdersChange`: the pipeline has refunds of parts and disputes. */
export function isFinal({ status, reason, parcel, timeline }: OrderHistory, paidOrdersChange: boolean): boolean {
  if (status === 'SHIPPED' && paidOrdersChange) return false
  if (parcel && !parcelEnds.includes(parcel.status)) return false
  const expected = status === 'SHIPPED' ? ofShipped : status === 'CANCELLED' && reason ? ofCancelled[reason] : undefined
  const events = new Set<HistoryEvent>(timeline.map(({ event }) => event))
  return expected !== undefined && expected.every((event) => events.has(event))
}
