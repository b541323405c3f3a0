// How is Redis reached, by callers that can do without it? Nothing waits for a connection, and no
// answer is waited for longer than a bounded time. After a failover its address leads to another
// server, while the connection is still to the former one: if that has become a replica or is
// silent, the connection is closed, and the address is resolved again.
import { backoffMs } from '@orderpipeline/retry'
import type { Logger } from '@orderpipeline/process'
import { Redis } from 'ioredis'

export interface RedisOptions {
  readonly url: string
  readonly timeoutMs: number
  readonly logger: Logger
}

const backoff = { firstMs: 200, maxMs: 5_000 }
/**
 * The longest silence after a command; a Redis that is only slow answers something in that time.
 */
const leastSilenceMs = 5_000
/** Between two warnings of one failover. */
const warnEveryMs = 60_000

/** What a server answers to a write that has become a replica. */
export function isReadOnly(error: unknown): boolean {
  return error instanceof Error && /\bREADONLY\b/.test(error.message)
}

export function createRedis({ url, timeoutMs, logger }: RedisOptions): Redis {
  let warnedAt = -Infinity
  const leavesReplica = (error: Error): boolean => {
    if (!isReadOnly(error)) return false
    if (performance.now() - warnedAt >= warnEveryMs) {
      logger.warn({ reason: error.message }, 'Redis accepts no writes; connecting again to find its primary')
      warnedAt = performance.now()
    }
    return true
  }
  const redis = new Redis(url, {
    connectionName: 'gateway',
    commandTimeout: timeoutMs,
    connectTimeout: 2_000,
    socketTimeout: Math.max(leastSilenceMs, 2 * timeoutMs),
    reconnectOnError: leavesReplica,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => backoffMs(attempt, backoff),
  })
  let wasLogged = false
  redis.on('ready', () => (wasLogged = false))
  // Logged once for each time that Redis becomes unavailable. The address may hold a password and
  // is not logged.
  redis.on('error', (error: Error) => {
    if (!wasLogged) logger.warn({ reason: error.message }, 'Redis is unavailable; going on without it')
    wasLogged = true
  })
  return redis
}
