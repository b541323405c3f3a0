// How is a product shown without asking the database each time? Cache-aside in Redis: what was read is kept for a minute, and
// forgotten at once when it changes, by the one gateway that hears of it. Without Redis everything is read from the database.
import { Counter, type Registry } from '@orderpipeline/kit-telemetry'
import type { Product } from '@orderpipeline/orders/queries'
import { z } from 'zod'
import type { Cache } from './cache.ts'

export interface ProductCacheOptions {
  readonly cache: Cache
  /** Pipelines that share a Redis have products of their own. */
  readonly pipeline: string
  /** @throws DatabaseError */
  readonly read: (sku: string) => Promise<Product | undefined>
  readonly registry: Registry
}

export interface ProductCache {
  /** @throws DatabaseError */
  readonly bySku: (sku: string) => Promise<Product | undefined>
  readonly forget: (sku: string) => void
}

/** The longest that a change which nobody heard of goes unseen. */
const keptSeconds = 60

const product = z.object({ sku: z.string(), name: z.string(), priceCents: z.int() })

export function createProductCache({ cache, pipeline, read, registry }: ProductCacheOptions): ProductCache {
  const key = (sku: string): string => `${pipeline}:product:${sku}`
  const asked = new Counter({
    name: 'gateway_product_cache_total',
    help: 'Products asked for: found in the cache, read from the database, or read while the cache was away.',
    labelNames: ['result'] as const,
    registers: [registry],
  })
  const reading = new Map<string, Promise<Product | undefined>>()

  /** However many ask for one product at once, it is read once. */
  const readOnce = (sku: string): Promise<Product | undefined> => {
    const underWay = reading.get(sku)
    if (underWay) return underWay
    const fresh = read(sku).finally(() => reading.delete(sku))
    reading.set(sku, fresh)
    return fresh
  }

  return {
    bySku: async (sku) => {
      const text = await cache.get(key(sku))
      const found = text ? productIn(text) : undefined
      asked.inc({ result: found ? 'hit' : text === undefined ? 'away' : 'miss' })
      if (found) return found
      const fresh = await readOnce(sku)
      if (fresh) cache.set(key(sku), JSON.stringify(fresh), keptSeconds)
      return fresh
    },
    forget: (sku) => cache.forget(key(sku)),
  }
}

function productIn(text: string): Product | undefined {
  try {
    return product.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
