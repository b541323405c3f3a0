// What does an order's history say? Every event about it once, with its time: the events that
// arrived, and what they made of the order.
import type { CancellationReason, EventType, OrderEvent, OrderStatus } from '@orderpipeline/order-events'
import { cancellable } from './saga.ts'

/** No event announces that an order was held and released; both are in its history. */
export type HistoryEvent = EventType | 'OrderHeld' | 'OrderReleased'

export interface HistoryEntry {
  readonly orderId: string
  readonly event: HistoryEvent
  /** The status it brought about. */
  readonly status?: OrderStatus
  readonly reason?: CancellationReason
  readonly causeId: string
  readonly at: Date
}

/** A repeated or late one has no effect, and is not in the history. */
const onlyIfDecided: ReadonlySet<EventType> = new Set([
  'ParcelDelivered',
  'ParcelDeliveryFailed',
  'ParcelReturned',
  'HoldRequested',
])

/** The event for each status in the history, whether or not it had to be published. */
const eventOfStatus = {
  PLACED: 'OrderPlaced',
  PROCESSING: 'OrderValidated',
  HELD: 'OrderHeld',
  CONFIRMED: 'OrderConfirmed',
  SHIPPED: 'OrderShipped',
  CANCELLED: 'OrderCancelled',
} as const satisfies Record<OrderStatus, HistoryEvent>

/**
 * `before`: the status at the arrival of the event. OrderPlaced is in the history since the order
 * was placed; inventory's question about an order that has ended by then is only answered, or no
 * history would ever be complete. `decided`: it changed something.
 */
export function receivedEntries(message: OrderEvent, before: OrderStatus, decided: boolean): readonly HistoryEntry[] {
  if (!decided && onlyIfDecided.has(message.type)) return []
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

/** `to`: what it became, PROCESSING again, or CONFIRMED where it had been charged. */
export function releaseEntries(orderId: string, to: OrderStatus, causeId: string, at: Date): readonly HistoryEntry[] {
  const entry = { orderId, event: 'OrderReleased', causeId, at } as const
  return to === 'PROCESSING' ? [{ ...entry, status: to }] : [entry, statusEntry(orderId, { status: to }, causeId, at)]
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
