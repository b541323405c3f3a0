// How is Redis reached, by those who can do without it? Nothing waits for a connection, and no answer is waited for
// longer than a bounded time.
import type { Logger } from '@orderpipeline/kit-telemetry'
import { Redis } from 'ioredis'

export interface RedisOptions {
  readonly url: string
  readonly timeoutMs: number
  readonly logger: Logger
}

const lastBackoffMs = 5_000

export function createRedis({ url, timeoutMs, logger }: RedisOptions): Redis {
  const redis = new Redis(url, {
    connectionName: 'gateway',
    commandTimeout: timeoutMs,
    connectTimeout: 2_000,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(100 * 2 ** Math.min(attempt, 10), lastBackoffMs) * (0.8 + 0.4 * Math.random()),
  })
  let told = false
  redis.on('ready', () => (told = false))
  // Told once for each time it goes away; its address may hold a password and is not told.
  redis.on('error', (error: Error) => {
    if (!told) logger.warn({ reason: error.message }, 'Redis is away; doing without it')
    told = true
  })
  return redis
}
