// Which events does the stage read and publish? CloudEvents in JSON, keyed by customer; zod drops
// the fields it does not know.
import { createHash, randomUUID } from 'node:crypto'
import { z } from 'zod'

export const customerId = z.string().min(1).max(64)
export const sku = z.string().regex(/^[A-Z0-9][A-Z0-9-]{0,39}$/)
export const items = z.array(z.object({ sku, quantity: z.int().min(1).max(1_000) })).max(50)
export type Items = z.output<typeof items>

const Envelope = z.object({
  specversion: z.literal('1.0'),
  type: z.string().min(1),
  time: z.iso.datetime({ offset: true }),
  data: z.unknown(),
})

const viewedType = 'com.example.shop.product-viewed.v1'
const changedType = 'com.example.shop.cart-changed.v1'
const schemas = {
  [viewedType]: z.object({ customerId, sku }).transform((data) => ({ kind: 'viewed' as const, ...data })),
  [changedType]: z.object({ customerId, items }).transform((data) => ({ kind: 'changed' as const, ...data })),
  'dev.orderpipeline.orders.placed.v1': z
    .object({ customerId })
    .transform((data) => ({ kind: 'ordered' as const, ...data })),
  'dev.orderpipeline.products.recommended.v1': z
    .object({ customerId, skus: z.array(sku).min(1).max(20) })
    .transform((data) => ({ kind: 'recommended' as const, ...data })),
} as const

type Data = z.output<(typeof schemas)[keyof typeof schemas]>
export type ShopEvent = Data & { readonly at: Date }

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
  const { type, time } = envelope.data
  if (!isOurs(type)) return undefined
  const data = schemas[type].safeParse(envelope.data.data)
  if (!data.success) throw new UndecodableError('InvalidData', z.prettifyError(data.error))
  return { ...data.data, at: new Date(time) }
}

function isOurs(type: string): type is keyof typeof schemas {
  return Object.hasOwn(schemas, type)
}

function json(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString() ?? '')
  } catch (cause) {
    throw new UndecodableError('NotJson', 'the message is not JSON', { cause })
  }
}

export interface Cart {
  readonly cartId: string
  readonly customerId: string
}

/** What the storefront reports. */
export function viewed(customer: string, viewedSku: string, now: Date): string {
  return cloudEvent(viewedType, randomUUID(), customer, { customerId: customer, sku: viewedSku }, now)
}
export function changed(customer: string, cartItems: Items, now: Date): string {
  return cloudEvent(changedType, randomUUID(), customer, { customerId: customer, items: cartItems }, now)
}

/** What the notification stage reads. The id follows from the cart: a repeat is the same event. */
export function abandoned(
  { cartId, customerId: customer, items: cartItems }: Cart & { items: Items },
  now: Date,
): string {
  const type = 'dev.orderpipeline.carts.abandoned.v1'
  return cloudEvent(
    type,
    eventId(type, cartId),
    cartId,
    { orderId: cartId, customerId: customer, items: cartItems },
    now,
  )
}
export function closed({ cartId, customerId: customer }: Cart, now: Date): string {
  const type = 'dev.orderpipeline.carts.closed.v1'
  return cloudEvent(type, eventId(type, cartId), cartId, { orderId: cartId, customerId: customer }, now)
}

function cloudEvent(type: string, id: string, subject: string, data: object, now: Date): string {
  const head = { specversion: '1.0', id, source: '/carts', type, subject, time: now.toISOString() }
  return JSON.stringify({ ...head, datacontenttype: 'application/json', data })
}

/** A UUID of version 8, made of a hash. */
function eventId(type: string, cartId: string): string {
  const hash = createHash('sha256').update(`${type}\n${cartId}`).digest()
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6)
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8)
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
