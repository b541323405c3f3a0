// How does an event travel? As CloudEvents 1.0, structured mode, JSON, keyed by customer unless its
// topic is keyed by order.
import * as z from 'zod'
import { definitions, Uuid } from './definitions.ts'
import type { EventType, Topic } from './definitions.ts'
import type { EventOf, OrderEvent } from './event.ts'
import { isProductEvent, productDefinitions } from './product-event.ts'
import type { ProductEvent, ProductEventType, ProductTopic } from './product-event.ts'
import { priorityField, priorityIn, withPriority } from './priority.ts'

/** A Kafka record to be, its topic not yet prefixed with the pipeline's name. */
export interface EncodedEvent {
  readonly topic: Topic | ProductTopic | typeof clearedTopic
  /**
   * The customer id, so that one customer's events keep their order; on a topic keyed by order, the
   * order id. Of an event about a product, its SKU.
   */
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

export type UndecodableReason = 'NotJson' | 'NotACloudEvent' | 'UnknownType' | 'InvalidData'

/** The bytes are no event this version understands; trying again cannot help. */
export class UndecodableEventError extends Error {
  override readonly name = 'UndecodableEventError'
  readonly retry = false
  readonly reason: UndecodableReason
  constructor(reason: UndecodableReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** The envelope of every message. */
export const Envelope = z.object({
  specversion: z.literal('1.0'),
  id: Uuid,
  source: z.string().min(1),
  type: z.string().min(1),
  subject: z.string().optional(),
  time: z.iso.datetime({ offset: true }),
  correlationid: z.string().optional(),
  traceparent: z.string().optional(),
  data: z.unknown(),
})

const every = { ...definitions, ...productDefinitions }
type AnyType = EventType | ProductEventType

const typeOfWire = new Map<string, AnyType>(
  (Object.keys(every) as AnyType[]).map((type) => [every[type].wireType, type]),
)

export const contentType = 'application/cloudevents+json; charset=utf-8'
const eventHeaders = { 'content-type': contentType }

export function topicOf(type: EventType): Topic {
  return definitions[type].topic
}

/**
 * Where a shop holds orders: the reservations that may be charged. A stage between inventory and
 * payment passes a StockReserved on to it as it is, or keeps it back (HoldRequested); the orders
 * service passes on that of a released order.
 */
export const clearedTopic = 'payment.cleared'

/** The reservation as the payment reads it in a shop that holds orders. */
export function encodeCleared(
  event: EventOf<'StockReserved'>,
  keyedByOrder: (topic: typeof clearedTopic) => boolean = () => false,
): EncodedEvent {
  const { orderId, customerId } = event.data
  return { topic: clearedTopic, key: keyedByOrder(clearedTopic) ? orderId : customerId, ...envelopeOf(event, orderId) }
}

/**
 * `keyedByOrder` says which topics spread a busy customer over partitions, and keep only each
 * order's events in order.
 */
export function encode(
  event: OrderEvent | ProductEvent,
  keyedByOrder: (topic: Topic) => boolean = () => false,
): EncodedEvent {
  if (isProductEvent(event)) {
    const { sku } = event.data
    return { topic: productDefinitions[event.type].topic, key: sku, ...envelopeOf(event, sku) }
  }
  const { topic } = definitions[event.type]
  const { orderId, customerId } = event.data
  return { topic, key: keyedByOrder(topic) ? orderId : customerId, ...envelopeOf(event, orderId) }
}

function envelopeOf(event: OrderEvent | ProductEvent, subject: string): Pick<EncodedEvent, 'value' | 'headers'> {
  return {
    value: JSON.stringify({
      specversion: '1.0',
      id: event.id,
      source: event.source,
      type: every[event.type].wireType,
      subject,
      time: event.time,
      datacontenttype: 'application/json',
      correlationid: event.correlationId,
      traceparent: event.traceparent,
      data: event.data,
    }),
    headers: isProductEvent(event) ? eventHeaders : withPriority(eventHeaders, event.priority),
  }
}

/** An event about an order. @throws UndecodableEventError */
export function decode(value: Buffer | string | null, headers?: EncodedEvent['headers']): OrderEvent {
  const event = decodeAny(value, headers)
  if (isProductEvent(event)) throw new UndecodableEventError('UnknownType', `${event.type} is not about an order`)
  return event
}

/** @throws UndecodableEventError */
export function decodeAny(
  value: Buffer | string | null,
  headers: EncodedEvent['headers'] = {},
): OrderEvent | ProductEvent {
  const envelope = Envelope.safeParse(parseJson(value))
  if (!envelope.success) throw new UndecodableEventError('NotACloudEvent', explain(envelope.error))
  const { id, source, time, correlationid, traceparent } = envelope.data
  const type = typeOfWire.get(envelope.data.type)
  if (type === undefined) throw new UndecodableEventError('UnknownType', `unknown event type ${envelope.data.type}`)
  const data = every[type].data.safeParse(envelope.data.data)
  if (!data.success) throw new UndecodableEventError('InvalidData', `${type}: ${explain(data.error)}`)
  return {
    id,
    type,
    source,
    time,
    data: data.data,
    ...(correlationid === undefined ? {} : { correlationId: correlationid }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...priorityField(priorityIn(headers)),
  } as OrderEvent | ProductEvent
}

function parseJson(value: Buffer | string | null): unknown {
  try {
    return JSON.parse(value?.toString() ?? '')
  } catch (cause) {
    throw new UndecodableEventError('NotJson', 'the message is not JSON', { cause })
  }
}

function explain(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || 'event'}: ${issue.message}`)
    .join('; ')
}
