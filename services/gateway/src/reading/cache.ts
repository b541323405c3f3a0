// How is Redis asked by those who can do without it? Each answer is waited for no longer than Redis itself is given (redis.ts), and
// after one that did not come nobody asks for a second.
import type { Redis } from 'ioredis'

export interface Cache {
  /** `null`: not there; `undefined`: the cache is away. */
  get(key: string): Promise<string | null | undefined>
  set(key: string, value: string, seconds: number): void
  forget(key: string): void
}

const awayMs = 1_000

/** `now`: milliseconds that never go back. */
export function createCache(redis: Redis | undefined, now: () => number): Cache {
  let awayUntil = -Infinity
  const usable = (): Redis | undefined => (redis?.status === 'ready' && now() >= awayUntil ? redis : undefined)
  const away = (): undefined => {
    awayUntil = now() + awayMs
  }
  return {
    get: async (key) => usable()?.get(key).catch(away),
    set: (key, value, seconds) => {
      usable()?.set(key, value, 'EX', seconds).catch(away)
    },
    forget: (key) => {
      usable()?.del(key).catch(away)
    },
  }
}
