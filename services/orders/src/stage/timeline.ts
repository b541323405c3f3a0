// What does an order's history say? Every event about it once, with its time: what was heard, and
// what it made of the order.
import type { CancellationReason, EventType, OrderEvent, OrderStatus } from '@orderpipeline/order-events'
import { cancellable } from './saga.ts'

export interface HistoryEntry {
  readonly orderId: string
  readonly event: EventType
  /** The status it brought about. */
  readonly status?: OrderStatus
  readonly reason?: CancellationReason
  readonly causeId: string
  readonly at: Date
}

const parcelEvents: ReadonlySet<EventType> = new Set(['ParcelDelivered', 'ParcelDeliveryFailed', 'ParcelReturned'])

/** What is said when an order comes to a status, whether or not anybody had to be told. */
const eventOfStatus = {
  PLACED: 'OrderPlaced',
  PROCESSING: 'OrderValidated',
  CONFIRMED: 'OrderConfirmed',
  SHIPPED: 'OrderShipped',
  CANCELLED: 'OrderCancelled',
} as const satisfies Record<OrderStatus, EventType>

/**
 * `before`: the status in which it was heard. OrderPlaced is in the history since the order was
 * taken in; inventory's question about an order that has ended by then is only answered, or no
 * history would ever be whole. `decided`: it changed something; what is said again of a parcel, or
 * late, does not.
 */
export function heard(message: OrderEvent, before: OrderStatus, decided: boolean): readonly HistoryEntry[] {
  if (!decided && parcelEvents.has(message.type)) return []
  if (message.type === 'OrderPlaced' || (message.type === 'ReservationExpired' && !cancellable(before))) return []
  const { id, type, time, data } = message
  return [{ orderId: data.orderId, event: type, causeId: id, at: new Date(time) }]
}

/**
 * What the order's end was answered with: that money taken meanwhile is to go back. That it has
 * gone is heard later.
 */
export function answered(events: readonly OrderEvent[], causeId: string, at: Date): readonly HistoryEntry[] {
  const requests = events.filter(({ type }) => type === 'RefundRequested')
  return requests.map(({ type, data }) => ({ orderId: data.orderId, event: type, causeId, at }))
}

export function changed(
  orderId: string,
  change: { readonly status: OrderStatus; readonly reason?: CancellationReason },
  causeId: string,
  at: Date,
): HistoryEntry {
  const { status, reason } = change
  return { orderId, event: eventOfStatus[status], status, ...(reason ? { reason } : {}), causeId, at }
}

/** As the statement `recordEvents` wants them. */
export function columns(entries: readonly HistoryEntry[]): unknown[] {
  return [
    entries.map(({ orderId }) => orderId),
    entries.map(({ event }) => event),
    entries.map(({ status }) => status ?? null),
    entries.map(({ reason }) => reason ?? null),
    entries.map(({ causeId }) => causeId),
    entries.map(({ at }) => at),
  ]
}
