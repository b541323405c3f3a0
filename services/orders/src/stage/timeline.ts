// What does an order's history say? Every event about it once, with its time: the events that
// arrived, and what they made of the order.
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

/** The event for each status in the history, whether or not it had to be published. */
const eventOfStatus = {
  PLACED: 'OrderPlaced',
  PROCESSING: 'OrderValidated',
  CONFIRMED: 'OrderConfirmed',
  SHIPPED: 'OrderShipped',
  CANCELLED: 'OrderCancelled',
} as const satisfies Record<OrderStatus, EventType>

/**
 * `before`: the status at the arrival of the event. OrderPlaced is in the history since the order
 * was placed; inventory's question about an order that has ended by then is only answered, or no
 * history would ever be complete. `decided`: it changed something; a repeated or late event about a
 * parcel does not.
 */
export function receivedEntries(message: OrderEvent, before: OrderStatus, decided: boolean): readonly HistoryEntry[] {
  if (!decided && parcelEvents.has(message.type)) return []
  if (message.type === 'OrderPlaced' || (message.type === 'ReservationExpired' && !cancellable(before))) return []
  const { id, type, time, data } = message
  return [{ orderId: data.orderId, event: type, causeId: id, at: new Date(time) }]
}

const refundEvents: ReadonlySet<EventType> = new Set(['RefundRequested', 'PartialRefundRequested', 'ItemsReturned'])

/**
 * The answer to an event after the order's end: money that was taken meanwhile is to go back, or a
 * parcel that has come back is to be refunded. The refund itself arrives later.
 */
export function refundEntries(events: readonly OrderEvent[], causeId: string, at: Date): readonly HistoryEntry[] {
  const requests = events.filter(({ type }) => refundEvents.has(type))
  return requests.map(({ type, data }) => ({ orderId: data.orderId, event: type, causeId, at }))
}

export function statusEntry(
  orderId: string,
  change: { readonly status: OrderStatus; readonly reason?: CancellationReason },
  causeId: string,
  at: Date,
): HistoryEntry {
  const { status, reason } = change
  return { orderId, event: eventOfStatus[status], status, ...(reason ? { reason } : {}), causeId, at }
}

/** As the statement `recordEvents` wants them. */
export function historyColumns(entries: readonly HistoryEntry[]): unknown[] {
  return [
    entries.map(({ orderId }) => orderId),
    entries.map(({ event }) => event),
    entries.map(({ status }) => status ?? null),
    entries.map(({ reason }) => reason ?? null),
    entries.map(({ causeId }) => causeId),
    entries.map(({ at }) => at),
  ]
}
