// Which events does the stage read and publish? CloudEvents in JSON; zod drops the fields it does
// not know.
import { createHash } from 'node:crypto'
import { z } from 'zod'

const Envelope = z.object({
  specversion: z.literal('1.0'),
  /** PostgreSQL answers in lower case, and ids are compared with its answers. */
  id: z.uuid().toLowerCase(),
  source: z.string().min(1),
  type: z.string().min(1),
  time: z.iso.datetime({ offset: true }),
  correlationid: z.string().optional(),
  traceparent: z.string().optional(),
  data: z.unknown(),
})
const aboutOrder = { orderId: z.uuid().toLowerCase(), customerId: z.string().min(1).max(64) }
const Data = z.object({ ...aboutOrder, totalCents: z.int().min(0) })

/** Wire type → what it is to this stage. */
const kinds = {
  'dev.orderpipeline.orders.validated.v1': 'order',
  // What a stage that holds orders back reads instead: the reservation that the payment waits for.
  'dev.orderpipeline.inventory.stock-reserved.v1': 'order',
  'dev.orderpipeline.payment.declined.v1': 'decline',
} as const
export type Kind = (typeof kinds)[keyof typeof kinds]

/** Something a customer did. */
export interface Sighting extends z.output<typeof Data> {
  readonly eventId: string
  readonly kind: Kind
  /** RFC 3339. */
  readonly time: string
  readonly correlationid?: string | undefined
  readonly traceparent?: string | undefined
}

export const reasons = ['LARGE_ORDER', 'MANY_ORDERS', 'MANY_DECLINES'] as const
export type Reason = (typeof reasons)[number]

/** The bytes are no event; a retry cannot help. */
export class UndecodableError extends Error {
  override readonly name = 'UndecodableError'
  readonly retry = false
  readonly reason: 'NotJson' | 'NotACloudEvent' | 'InvalidData'
  constructor(reason: UndecodableError['reason'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/**
 * `undefined`: not for this stage; topics carry several types, and gain more. @throws
 * UndecodableError
 */
export function sightingOf(value: Buffer | null): Sighting | undefined {
  const envelope = Envelope.safeParse(json(value))
  if (!envelope.success) throw new UndecodableError('NotACloudEvent', z.prettifyError(envelope.error))
  const { id, type, time, correlationid, traceparent } = envelope.data
  if (!(type in kinds)) return undefined
  const data = Data.safeParse(envelope.data.data)
  if (!data.success) throw new UndecodableError('InvalidData', z.prettifyError(data.error))
  return { ...data.data, eventId: id, kind: kinds[type as keyof typeof kinds], time, correlationid, traceparent }
}

function json(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString() ?? '')
  } catch (cause) {
    throw new UndecodableError('NotJson', 'the message is not JSON', { cause })
  }
}

/** A type of your own belongs under a domain of your own. */
const suspectedType = 'com.example.fraud.suspected.v1'
/** The orders service understands this one. */
const holdType = 'dev.orderpipeline.orders.hold-requested.v1'

export function suspicionType(asHold: boolean): string {
  return asHold ? holdType : suspectedType
}

/**
 * Its id follows from its order: published again after a crash it is the same event, and every
 * reader drops the second.
 */
export function suspicion(sighting: Sighting, reasons: readonly Reason[], now: Date, asHold = false): string {
  const { orderId, customerId, correlationid, traceparent } = sighting
  const type = suspicionType(asHold)
  return JSON.stringify({
    specversion: '1.0',
    id: eventId(type, orderId),
    source: '/fraud-check',
    type,
    subject: orderId,
    time: now.toISOString(),
    datacontenttype: 'application/json',
    correlationid,
    traceparent,
    data: { orderId, customerId, reasons },
  })
}

/** A UUID of version 8, made of a hash. */
function eventId(type: string, orderId: string): string {
  const hash = createHash('sha256').update(`${type}\n${orderId}`).digest()
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6)
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8)
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
