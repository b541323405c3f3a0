// Which events does the stage read and publish? CloudEvents in JSON; zod drops the fields it does
// not know.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Draft } from './documents.ts'
import { numberText } from './numbers.ts'
import type { DocumentNumber } from './numbers.ts'
import { percentText } from './tax.ts'

const Envelope = z.object({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  source: z.string().min(1),
  type: z.string().min(1),
  time: z.iso.datetime({ offset: true }),
  correlationid: z.string().optional(),
  traceparent: z.string().optional(),
  data: z.unknown(),
})
const aboutOrder = { orderId: z.uuid().toLowerCase(), customerId: z.string().min(1).max(64) }
const amount = { totalCents: z.int().min(0), currency: z.string().regex(/^[A-Z]{3}$/) }
const item = z.object({
  sku: z.string().min(1).max(40),
  quantity: z.int().min(1),
  unitPriceCents: z.int().min(0),
})

const part = { refundId: z.uuid().toLowerCase(), amountCents: z.int().min(1), currency: amount.currency }

const schemas = {
  'dev.orderpipeline.orders.validated.v1': z.object({ ...aboutOrder, ...amount, items: z.array(item).min(1) }),
  'dev.orderpipeline.payment.captured.v1': z.object({ ...aboutOrder, ...amount, chargeId: z.string().min(1) }),
  'dev.orderpipeline.payment.refunded.v1': z.object({
    ...aboutOrder,
    ...amount,
    chargeId: z.string().min(1),
    refundId: z.string().min(1),
  }),
  'dev.orderpipeline.orders.cancelled.v1': z.object(aboutOrder),
  'dev.orderpipeline.orders.partial-refund-requested.v1': z.object({
    ...aboutOrder,
    ...part,
    items: z.array(item.omit({ unitPriceCents: true })).optional(),
  }),
  'dev.orderpipeline.payment.partly-refunded.v1': z.object({ ...aboutOrder, ...part, chargeId: z.string().min(1) }),
} as const
const kinds = {
  'dev.orderpipeline.orders.validated.v1': 'priced',
  'dev.orderpipeline.payment.captured.v1': 'captured',
  'dev.orderpipeline.payment.refunded.v1': 'refunded',
  'dev.orderpipeline.orders.cancelled.v1': 'cancelled',
  'dev.orderpipeline.orders.partial-refund-requested.v1': 'partRequested',
  'dev.orderpipeline.payment.partly-refunded.v1': 'partRefunded',
} as const
type WireType = keyof typeof schemas

interface About {
  /** RFC 3339. */
  readonly time: string
  readonly correlationid?: string | undefined
  readonly traceparent?: string | undefined
}
type Of<T extends WireType> = z.output<(typeof schemas)[T]> & About & { readonly kind: (typeof kinds)[T] }
/** Discriminated by `kind`. */
export type ShopEvent = { [T in WireType]: Of<T> }[WireType]

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
export function shopEventOf(value: Buffer | null): ShopEvent | undefined {
  const envelope = Envelope.safeParse(json(value))
  if (!envelope.success) throw new UndecodableError('NotACloudEvent', z.prettifyError(envelope.error))
  const { type, time, correlationid, traceparent } = envelope.data
  if (!isOurs(type)) return undefined
  const data = schemas[type].safeParse(envelope.data.data)
  if (!data.success) throw new UndecodableError('InvalidData', z.prettifyError(data.error))
  return { ...data.data, kind: kinds[type], time, correlationid, traceparent } as ShopEvent
}

function isOurs(type: string): type is WireType {
  return Object.hasOwn(schemas, type)
}

function json(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString() ?? '')
  } catch (cause) {
    throw new UndecodableError('NotJson', 'the message is not JSON', { cause })
  }
}

/** Types of your own belong under a domain of your own. */
const types = {
  invoice: 'com.example.invoices.issued.v1',
  'credit-note': 'com.example.invoices.credited.v1',
} as const

export type Issued = Draft & DocumentNumber

/**
 * The event of a document. It is stored with the document and its id follows from the number:
 * published again after a crash it is the same event, and every reader drops the second.
 */
export function issuedEvent(document: Issued, cause: Omit<About, 'time'>, now: Date): string {
  const { kind, orderId, customerId, chargeId, refundId, invoice, issuedOn, buyer, currency } = document
  const { netCents, taxCents, grossCents, lines } = document
  const number = numberText(document)
  return JSON.stringify({
    specversion: '1.0',
    id: eventId(types[kind], number),
    source: '/invoices',
    type: types[kind],
    subject: number,
    time: now.toISOString(),
    datacontenttype: 'application/json',
    correlationid: cause.correlationid,
    traceparent: cause.traceparent,
    data: {
      number,
      issuedOn,
      orderId,
      customerId,
      chargeId,
      ...(kind === 'credit-note' ? { invoice, refundId } : {}),
      buyer,
      currency,
      netCents,
      taxCents,
      grossCents,
      lines: lines.map(({ rate, ...line }) => ({ ...line, taxPercent: percentText(rate) })),
    },
  })
}

/** A UUID of version 8, made of a hash. */
function eventId(type: string, number: string): string {
  const hash = createHash('sha256').update(`${type}\n${number}`).digest()
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6)
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8)
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
