// Which events does the stage read and publish? CloudEvents in JSON, keyed by SKU; zod drops the
// fields it does not know.
import { createHash } from 'node:crypto'
import { z } from 'zod'

const Envelope = z.object({ specversion: z.literal('1.0'), type: z.string().min(1), data: z.unknown() })
const sku = z.string().min(1).max(40)

const schemas = {
  'dev.orderpipeline.inventory.stock-level-changed.v1': z.object({
    sku,
    available: z.int().min(0),
    low: z.boolean(),
    version: z.int(),
  }),
  'dev.orderpipeline.inventory.stock-replenished.v1': z.object({ sku, delivery: z.string() }),
} as const
const kinds = {
  'dev.orderpipeline.inventory.stock-level-changed.v1': 'level',
  'dev.orderpipeline.inventory.stock-replenished.v1': 'booked',
} as const

export interface Level {
  readonly kind: 'level'
  readonly sku: string
  readonly available: number
  /** Whether there is less of it than there is to be. */
  readonly low: boolean
  readonly version: number
}
export interface Booked {
  readonly kind: 'booked'
  readonly sku: string
  readonly delivery: string
}
export type InventoryEvent = Level | Booked

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
export function inventoryEventOf(value: Buffer | null): InventoryEvent | undefined {
  const envelope = Envelope.safeParse(json(value))
  if (!envelope.success) throw new UndecodableError('NotACloudEvent', z.prettifyError(envelope.error))
  const { type } = envelope.data
  if (!isOurs(type)) return undefined
  const data = schemas[type].safeParse(envelope.data.data)
  if (!data.success) throw new UndecodableError('InvalidData', z.prettifyError(data.error))
  return { kind: kinds[type], ...data.data } as InventoryEvent
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

const deliveredType = 'dev.orderpipeline.warehouse.stock-delivered.v1'

export interface Purchase {
  readonly delivery: string
  readonly sku: string
  readonly quantity: number
}

/**
 * The event of an arrived delivery. The inventory books it once by its name, however often it is
 * published.
 */
export function delivered({ delivery, sku: of, quantity }: Purchase, now: Date): string {
  return JSON.stringify({
    specversion: '1.0',
    id: eventId(deliveredType, delivery),
    source: '/warehouse',
    type: deliveredType,
    subject: of,
    time: now.toISOString(),
    datacontenttype: 'application/json',
    data: { sku: of, delivery, quantity },
  })
}

/** A UUID of version 8, made of a hash. */
function eventId(type: string, delivery: string): string {
  const hash = createHash('sha256').update(`${type}\n${delivery}`).digest()
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6)
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8)
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
