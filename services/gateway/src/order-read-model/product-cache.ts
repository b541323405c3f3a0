// How is a product shown without asking the database each time? Cache-aside in Redis: a product is
// kept for a minute, and deleted at once when it changes, by the one gateway that receives the
// event. Without Redis everything is read from the database.
import { Counter } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import type { Product } from '@orderpipeline/orders/queries'
import { product } from '../responses.ts'
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

/** The longest that a change stays unseen when its event did not arrive. */
const keptSeconds = 60

export function createProductCache({ cache, pipeline, read, registry }: ProductCacheOptions): ProductCache {
  const key = (sku: string): string => `${pipeline}:product:${sku}`
  const lookups = new Counter({
    name: 'gateway_product_cache_total',
    help: 'Reads of products: from the cache, from the database, or from the database while the cache was unavailable.',
    labelNames: ['result'] as const,
    registers: [registry],
  })
  const reading = new Map<string, Promise<Product | undefined>>()

  /**
   * However many requests come for one product at once, it is read once, and kept unless it changes
   * meanwhile; requests after that read it again.
   */
  const readOnce = (sku: string, mark: string | undefined): Promise<Product | undefined> => {
    const which = `${sku} ${mark}`
    const underWay = reading.get(which)
    if (underWay) return underWay
    const fresh = read(sku)
      .then((current) => {
        if (current && mark !== undefined) cache.setMarked(key(sku), JSON.stringify(current), keptSeconds, mark)
        return current
      })
      .finally(() => reading.delete(which))
    reading.set(which, fresh)
    return fresh
  }

  return {
    bySku: async (sku) => {
      const entry = await cache.getMarked(key(sku))
      const cachedProduct = entry?.value ? productIn(entry.value) : undefined
      lookups.inc({ result: cachedProduct ? 'hit' : entry ? 'miss' : 'away' })
      return cachedProduct ?? readOnce(sku, entry?.mark)
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
