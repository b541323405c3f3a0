// How is a product shown without asking the database each time? Cache-aside in Redis: what was read is kept for a minute, and
// forgotten at once when it changes, by the one gateway that hears of it. Without Redis everything is read from the database.
import { Counter, type Registry } from '@orderpipeline/kit-telemetry'
import type { Product } from '@orderpipeline/orders/queries'
import type { Redis } from 'ioredis'
import { z } from 'zod'

export interface ProductCacheOptions {
  readonly redis: Redis | undefined
  /** Pipelines that share a Redis have products of their own. */
  readonly pipeline: string
  /** @throws DatabaseError */
  readonly read: (sku: string) => Promise<Product | undefined>
  readonly registry: Registry
  /** Milliseconds that never go back. */
  readonly now: () => number
}

export interface ProductCache {
  /** @throws DatabaseError */
  readonly bySku: (sku: string) => Promise<Product | undefined>
  readonly forget: (sku: string) => void
}

/** The longest that a change which nobody heard of goes unseen. */
const keptSeconds = 60
const awayMs = 1_000

const product = z.object({ sku: z.string(), name: z.string(), priceCents: z.int() })

export function createProductCache({ redis, pipeline, read, registry, now }: ProductCacheOptions): ProductCache {
  const key = (sku: string): string => `${pipeline}:product:${sku}`
  const asked = new Counter({
    name: 'gateway_product_cache_total',
    help: 'Products asked for: found in the cache, read from the database, or read while the cache was away.',
    labelNames: ['result'] as const,
    registers: [registry],
  })
  const reading = new Map<string, Promise<Product | undefined>>()
  let awayUntil = -Infinity

  const usable = (): Redis | undefined => (redis?.status === 'ready' && now() >= awayUntil ? redis : undefined)
  const away = (): void => {
    awayUntil = now() + awayMs
  }
  const kept = async (cache: Redis, sku: string): Promise<Product | undefined> => {
    try {
      const text = await cache.get(key(sku))
      return text === null ? undefined : product.safeParse(JSON.parse(text)).data
    } catch {
      away()
      return undefined
    }
  }
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
      const cache = usable()
      const found = cache && (await kept(cache, sku))
      asked.inc({ result: found ? 'hit' : cache ? 'miss' : 'away' })
      if (found) return found
      const fresh = await readOnce(sku)
      if (fresh) usable()?.set(key(sku), JSON.stringify(fresh), 'EX', keptSeconds).catch(away)
      return fresh
    },
    forget: (sku) => {
      usable()?.del(key(sku)).catch(away)
    },
  }
}
