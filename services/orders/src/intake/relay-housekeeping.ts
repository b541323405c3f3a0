// What does the gateway that relays do besides? It forgets idempotency keys, and looks whether
// anything waits where the relay does not look. On the pool's connections, so that no order waits
// for it.
import type { Queryable } from '@orderpipeline/postgres'
import { runPeriodically } from '@orderpipeline/retry'
import type { Logger } from '@orderpipeline/process'
import type { RelayMetrics } from './metrics.ts'
import { forgetKeys } from './prune-keys.ts'
import { readBelowBound } from './relay-bound.ts'

export interface HousekeepingOptions {
  readonly database: Queryable
  readonly metrics: Pick<RelayMetrics, 'keyGenerationsDropped'>
  readonly logger: Logger
  readonly keepKeysHours?: number
}

export interface Housekeeping {
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>
}

const keysEveryMs = 60_000
const belowBoundEveryMs = 600_000
/**
 * The share of the period to wait after a run that failed: what a vacuum or a report had locked is
 * mostly free again soon.
 */
const againShare = 0.1

export function startHousekeeping({
  database,
  metrics,
  logger,
  keepKeysHours = 24,
}: HousekeepingOptions): Housekeeping {
  const stopping = new AbortController()
  const keepDoing = (everyMs: number, failureText: string, work: () => Promise<void>): Promise<void> =>
    runPeriodically(everyMs, work, {
      signal: stopping.signal,
      onError: (error) => logger.warn({ error }, failureText),
      againMs: everyMs * againShare,
    })
  const running = [
    keepDoing(keysEveryMs, 'expired idempotency keys could not be deleted; trying again later', async () => {
      metrics.keyGenerationsDropped.inc(await forgetKeys(database, keepKeysHours))
    }),
    keepDoing(
      belowBoundEveryMs,
      'the rows below the bound of the outbox could not be checked; trying again later',
      async () => {
        const id = await readBelowBound(database)
        if (id !== undefined) logger.error({ id }, 'an event waited below the bound of the outbox; it is published now')
      },
    ),
  ]
  return {
    stop: async () => {
      stopping.abort()
      await Promise.all(running)
    },
  }
}
