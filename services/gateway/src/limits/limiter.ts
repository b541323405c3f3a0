// How many requests has one caller made in this window? Redis counts for all replicas together.
// While Redis is unavailable or slow each replica counts for itself, so that there is always a
// limit, and a request never waits for more than one time-out a second.
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { isReadOnly } from '../redis.ts'

export interface LimiterOptions {
  /** Keeps the counts of different limiters apart, in Redis too. */
  readonly name: string
  readonly points: number
  readonly windowSeconds: number
  readonly redis: Redis | undefined
  /** Milliseconds that never go back. */
  readonly now: () => number
}

export interface Limiter {
  /** Milliseconds until there is room again; 0 when there was. */
  take(key: string, points: number): Promise<number>
  /** Whether all replicas count together at present. */
  readonly shared: boolean
}

const awayMs = 1_000

export function createLimiter({ name, points, windowSeconds, redis, now }: LimiterOptions): Limiter {
  const options = { keyPrefix: name, points, duration: windowSeconds }
  const local = new RateLimiterMemory(options)
  // A caller over the limit is refused without asking Redis again until their window ends.
  const sharedLimiter =
    redis && new RateLimiterRedis({ ...options, storeClient: redis, inMemoryBlockOnConsumed: points + 1 })
  let awayUntil = -Infinity
  /**
   * Redis is reachable, but as a replica: until a write has succeeded no gateway counts together
   * with others, however often Redis is reached.
   */
  let readOnly = false

  const take = async (limiter: RateLimiterMemory | RateLimiterRedis, key: string, count: number): Promise<number> => {
    try {
      await limiter.consume(key, count)
      return 0
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return Math.max(1, refusal.msBeforeNext)
      throw refusal
    }
  }
  /**
   * Callers choose their keys where customers are not known: here they share a bounded number of
   * counts.
   */
  const bucketOf = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 4)
  const usable = () => redis?.status === 'ready' && now() >= awayUntil
  return {
    take: async (key, count) => {
      if (sharedLimiter && usable()) {
        try {
          const waitMs = await take(sharedLimiter, key, count)
          readOnly = false
          return waitMs
        } catch (error) {
          readOnly = isReadOnly(error)
          awayUntil = now() + awayMs
        }
      }
      return take(local, bucketOf(key), count)
    },
    get shared() {
      return usable() && !readOnly
    },
  }
}
