// Which events are about a product, not about an order: its level of stock, deliveries, and low
// stock? They are keyed by SKU, so that the events of one product keep their order. Each states a
// level or names a delivery: a consumer recognizes one that comes twice or late.
import { createHash } from 'node:crypto'
import * as z from 'zod'
import { Sku } from './definitions.ts'

const Pieces = z.int().min(1).max(1_000_000_000)
/** The name of a delivery, different from every other, such as the number of its note. */
export const DeliveryName = z.string().min(1).max(100)

/** `version` rises with each level of a SKU: a level is out of date once a higher one has come. */
const level = { sku: Sku, available: z.int().min(0), version: z.int().min(1) }

export const productDefinitions = {
  /** Pieces that can still be reserved. */
  StockLevelChanged: {
    wireType: 'dev.orderpipeline.inventory.stock-level-changed.v1',
    topic: 'inventory.stock',
    data: z.object({ ...level, low: z.boolean() }),
  },
  /** The stock has fallen below its minimum, and was not below it before. */
  StockLow: {
    wireType: 'dev.orderpipeline.inventory.stock-low.v1',
    topic: 'inventory.stock',
    data: z.object({ ...level, lowBelow: z.int().min(1) }),
  },
  /** A delivery has been booked into stock. */
  StockReplenished: {
    wireType: 'dev.orderpipeline.inventory.stock-replenished.v1',
    topic: 'inventory.stock',
    data: z.object({ sku: Sku, delivery: DeliveryName, quantity: Pieces }),
  },
  /** A warehouse reports that a delivery has arrived: it is to be booked, once. */
  StockDelivered: {
    wireType: 'dev.orderpipeline.warehouse.stock-delivered.v1',
    topic: 'warehouse.deliveries',
    data: z.object({ sku: Sku, delivery: DeliveryName, quantity: Pieces }),
  },
} as const

export type ProductEventType = keyof typeof productDefinitions
export type ProductEventData<T extends ProductEventType> = z.infer<(typeof productDefinitions)[T]['data']>
export type ProductTopic = (typeof productDefinitions)[ProductEventType]['topic']

export interface ProductEventOf<T extends ProductEventType> {
  readonly id: string
  readonly type: T
  /** The service that publishes it, as a URI reference: `/inventory`. */
  readonly source: string
  /** RFC 3339, UTC. */
  readonly time: string
  readonly data: ProductEventData<T>
  readonly correlationId?: string
  readonly traceparent?: string
}

/** Discriminated by `type`. */
export type ProductEvent = { [T in ProductEventType]: ProductEventOf<T> }[ProductEventType]

/**
 * The same id for the same event: published again after a crash it is the same one. `discriminator`
 * separates events of one type about one product: a level's version, a delivery's name.
 */
export function productEventOf<T extends ProductEventType>(
  type: T,
  data: ProductEventData<T>,
  { source, now }: { readonly source: string; readonly now: Date },
  discriminator: string,
): ProductEventOf<T> {
  const id = createHash('sha256').update(`${type}\n${data.sku}\n${discriminator}`).digest()
  id[6] = (id[6]! & 0x0f) | 0x80
  id[8] = (id[8]! & 0x3f) | 0x80
  const hex = id.toString('hex', 0, 16)
  return {
    id: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    type,
    source,
    time: now.toISOString(),
    data,
  }
}

export function isProductEvent(event: { readonly type: string }): event is ProductEvent {
  return Object.hasOwn(productDefinitions, event.type)
}
