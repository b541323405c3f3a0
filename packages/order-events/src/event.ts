// What does an event look like to the code that decides on it, and how is a new one made?
import { createHash } from 'node:crypto'
import type { EventData, EventType } from './definitions.ts'
import { priorityField } from './priority.ts'
import type { Priority } from './priority.ts'

/**
 * An event as the services see it; `type` is the short name, the wire's versioned name stays in the
 * codec.
 */
export interface EventOf<T extends EventType> {
  readonly id: string
  readonly type: T
  /** The service that publishes it, as a URI reference: `/orders`. */
  readonly source: string
  /** RFC 3339, UTC. */
  readonly time: string
  readonly data: EventData<T>
  /** Carried unchanged from the request that placed the order to its last event. */
  readonly correlationId?: string
  /** W3C trace context, also unchanged. */
  readonly traceparent?: string
  /** The class of its order, also unchanged; a standard one has none. */
  readonly priority?: Priority
}

/** Discriminated by `type`. */
export type OrderEvent = { [T in EventType]: EventOf<T> }[EventType]

export interface EventContext {
  readonly source: string
  readonly now: Date
  readonly correlationId?: string | undefined
  readonly traceparent?: string | undefined
  readonly priority?: Priority | undefined
}

/** What an event that follows from `cause` carries on from it. */
export function following(cause: OrderEvent, source: string, now: Date): EventContext {
  const { correlationId, traceparent, priority } = cause
  return { source, now, correlationId, traceparent, priority }
}

/**
 * An event about an order whose id follows from what it says: a step that is repeated after a crash
 * emits the same id, and the consumer's inbox drops the second. `discriminator` tells apart events
 * of one type about one order.
 */
export function eventOf<T extends EventType>(
  type: T,
  data: EventData<T>,
  context: EventContext,
  discriminator = '',
): EventOf<T> {
  return {
    id: eventId(type, data.orderId, discriminator),
    type,
    source: context.source,
    time: context.now.toISOString(),
    data,
    ...(context.correlationId === undefined ? {} : { correlationId: context.correlationId }),
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
    ...priorityField(context.priority),
  }
}

/**
 * A uuid (version 8) that begins with the order's 48 bits of time, where its id tells them, and
 * goes on with a hash of event type, order and discriminator: events of orders that came together
 * lie together in every index. The id's spelling makes no difference.
 */
export function eventId(type: EventType, orderId: string, discriminator = ''): string {
  const order = orderId.toLowerCase()
  const id = createHash('sha256').update(`${type}\n${order}\n${discriminator}`).digest()
  if (order[14] === '7') id.write(order.slice(0, 8) + order.slice(9, 13), 'hex')
  id[6] = (id[6]! & 0x0f) | 0x80
  id[8] = (id[8]! & 0x3f) | 0x80
  const hex = id.toString('hex', 0, 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/**
 * When an order was placed, in Unix milliseconds: the intake gives ids of version 7, which begin
 * with their time. Undefined of any other id.
 */
export function placedAtMs(orderId: string): number | undefined {
  return orderId[14] === '7' ? Number.parseInt(orderId.slice(0, 8) + orderId.slice(9, 13), 16) : undefined
}
