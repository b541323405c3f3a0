// How is Redis asked by callers that can do without it? Each answer is waited for no longer than
// the time-out of Redis itself (redis.ts), and after one missing answer there is no second request.
import type { Redis } from 'ioredis'

export interface Cache {
  /** `null`: no entry; `undefined`: the cache is unavailable. */
  get(key: string): Promise<string | null | undefined>
  set(key: string, value: string, seconds: number): void
  /** The value and the mark for a later `setMarked`; `undefined`: the cache is unavailable. */
  getMarked(key: string): Promise<Marked | undefined>
  /**
   * Keeps it unless it has been forgotten since the mark was given: what was read meanwhile may be
   * as it was before.
   */
  setMarked(key: string, value: string, seconds: number, mark: string): void
  forget(key: string): void
}

export interface Marked {
  readonly value: string | null
  /** Another one each time it is forgotten. */
  readonly mark: string
}

const awayMs = 1_000
/** Far longer than any reader takes from reading the database to storing the result. */
const markSeconds = 3_600

const setUnlessForgotten = `
if (redis.call('GET', KEYS[2]) or '') == ARGV[3] then redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) end`
const forgetAndMark = `
redis.call('INCR', KEYS[2])
redis.call('EXPIRE', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[1])`

/** `now`: milliseconds that never go back. */
export function createCache(redis: Redis | undefined, now: () => number): Cache {
  let awayUntil = -Infinity
  const usable = (): Redis | undefined => (redis?.status === 'ready' && now() >= awayUntil ? redis : undefined)
  const away = (): undefined => {
    awayUntil = now() + awayMs
  }
  const markOf = (key: string): string => `${key}:forgotten`
  return {
    get: async (key) => usable()?.get(key).catch(away),
    set: (key, value, seconds) => {
      usable()?.set(key, value, 'EX', seconds).catch(away)
    },
    getMarked: async (key) => {
      const values = await usable()?.mget(key, markOf(key)).catch(away)
      return values && { value: values[0] ?? null, mark: values[1] ?? '' }
    },
    setMarked: (key, value, seconds, mark) => {
      usable()?.eval(setUnlessForgotten, 2, key, markOf(key), value, seconds, mark).catch(away)
    },
    forget: (key) => {
      usable()?.eval(forgetAndMark, 2, key, markOf(key), markSeconds).catch(away)
    },
  }
}
