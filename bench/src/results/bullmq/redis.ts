// How durable is the Redis of the job queue? As BullMQ's documentation asks for in production: it
// evicts nothing, and writes its log to the disk once a second.
import { Redis } from 'ioredis'

const settings = {
  'maxmemory-policy': 'noeviction',
  maxmemory: '2gb',
  appendonly: 'yes',
  appendfsync: 'everysec',
} as const

/** Returns the URL again. */
export async function makeDurable(url: string): Promise<string> {
  await withRedis(url, async (redis) => {
    for (const [name, value] of Object.entries(settings)) await redis.config('SET', name, value)
  })
  return url
}

export interface RedisFacts {
  readonly version: string
  readonly durability: string
}

export function redisFacts(url: string): Promise<RedisFacts> {
  return withRedis(url, async (redis) => {
    const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown'
    const setting = async (name: string) =>
      `${name} ${((await redis.config('GET', name)) as readonly string[])[1] ?? '?'}`
    return { version, durability: `${await setting('appendonly')}, ${await setting('appendfsync')}` }
  })
}

/** For BullMQ, whose blocking commands must not be given up. */
export function connectionOf(url: string) {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port), maxRetriesPerRequest: null }
}

async function withRedis<Result>(url: string, work: (redis: Redis) => Promise<Result>): Promise<Result> {
  const redis = new Redis(url, { connectTimeout: 5_000, commandTimeout: 10_000, maxRetriesPerRequest: 3 })
  try {
    return await work(redis)
  } finally {
    redis.disconnect()
  }
}
