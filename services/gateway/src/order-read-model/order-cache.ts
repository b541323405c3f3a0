// How does the gateway show an order without a query to the database each time? It caches final
// orders in Redis: they cannot change, so an entry cannot become stale, and a customer never sees
// an older state than before. An order in progress is always read from the database
// (docs/adr/0016), and so is every order while Redis is unavailable.
import { Counter } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import { isFinal } from '@orderpipeline/orders/queries'
import type { OrderView } from '@orderpipeline/orders/queries'
import { storedOrder } from '../responses.ts'
import type { Cache } from './cache.ts'
import type { OrderReader } from './order-reader.ts'

export interface OrderCacheOptions {
  readonly cache: Cache
  /** A part of each key, so that several pipelines can share one Redis. */
  readonly pipeline: string
  /** Refunds of parts and disputes may change a paid order months later. */
  readonly paidOrdersChange: boolean
  readonly registry: Registry
}

/**
 * Makes Redis drop orders that are not requested any more. If a person changes an order in the
 * database by hand, its old state may be shown for this time.
 */
const expirySeconds = 3_600

/**
 * The same reader, with a cache of final orders in front of it. If a customer is given, an order of
 * another customer is not returned from the cache either.
 */
export function cachedOrders(orders: OrderReader, options: OrderCacheOptions): OrderReader {
  const { cache, pipeline, paidOrdersChange, registry } = options
  const key = (orderId: string): string => `${pipeline}:order:${orderId.toLowerCase()}`
  const lookups = new Counter({
    name: 'gateway_order_cache_total',
    help: 'Reads of orders: from the cache, from the database, or from the database while the cache was unavailable.',
    labelNames: ['result'] as const,
    registers: [registry],
  })
  return {
    ...orders,
    byId: async (orderId, customer) => {
      const text = await cache.get(key(orderId))
      const entry = text ? orderIn(text) : undefined
      // An entry may be of a gateway whose pipeline did not refund yet.
      const cached = entry && isFinal(entry, paidOrdersChange) ? entry : undefined
      lookups.inc({ result: cached ? 'hit' : text === undefined ? 'away' : 'miss' })
      if (cached) return customer === undefined || customer === cached.customerId ? cached : undefined
      const order = await orders.byId(orderId, customer)
      if (order && isFinal(order, paidOrdersChange)) cache.set(key(orderId), JSON.stringify(order), expirySeconds)
      return order
    },
  }
}

/** Undefined if the entry was written by another version in a different form. */
function orderIn(text: string): OrderView | undefined {
  try {
    const order: unknown = JSON.parse(text)
    return storedOrder.safeParse(order).success ? (order as OrderView) : undefined
  } catch {
    return undefined
  }
}
