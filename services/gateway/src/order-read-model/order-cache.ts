// How is an order shown without asking the database each time? Once it is final it is kept in
// Redis: what cannot change cannot become stale, so a customer is never shown less than before,
// whatever happens to Redis meanwhile. An order under way is read from the database
// (docs/adr/0016). Without Redis every order is.
import { Counter } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import { isFinal } from '@orderpipeline/orders/queries'
import type { OrderView } from '@orderpipeline/orders/queries'
import { storedOrder } from '../responses.ts'
import type { Cache } from './cache.ts'
import type { OrderReader } from './order-reader.ts'

export interface OrderCacheOptions {
  readonly cache: Cache
  /** Pipelines that share a Redis have orders of their own. */
  readonly pipeline: string
  readonly registry: Registry
}

/**
 * Only so that Redis drops orders that are not requested any more; for as long, an order that was
 * changed by hand is shown as it was.
 */
const keptSeconds = 3_600

/** The same reader, with a cache of final orders before it. Both check whose order it is. */
export function cachedOrders(orders: OrderReader, { cache, pipeline, registry }: OrderCacheOptions): OrderReader {
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
      const cached = text ? orderIn(text) : undefined
      lookups.inc({ result: cached ? 'hit' : text === undefined ? 'away' : 'miss' })
      if (cached) return customer === undefined || customer === cached.customerId ? cached : undefined
      const order = await orders.byId(orderId, customer)
      if (order && isFinal(order)) cache.set(key(orderId), JSON.stringify(order), keptSeconds)
      return order
    },
  }
}

/** Undefined for what another version has left there. */
function orderIn(text: string): OrderView | undefined {
  try {
    const order: unknown = JSON.parse(text)
    return storedOrder.safeParse(order).success ? (order as OrderView) : undefined
  } catch {
    return undefined
  }
}
