// How long does a consumer wait in an outage, and how is such a wait given up?
import { sleep } from '@orderpipeline/retry'
import type { Backoff } from '@orderpipeline/retry'

/** The backoff in an outage of Kafka or the database, for as long as it lasts. */
export const outageBackoff: Backoff = { firstMs: 200, maxMs: 10_000 }

/**
 * Work in flight was given up on purpose: the drain's grace ran out, or its partitions belong to
 * another replica now.
 */
export class RetryAbortedError extends Error {
  override readonly name = 'RetryAbortedError'
  readonly reason = 'Abandoned'
  readonly retry = false
}

/** @throws RetryAbortedError as soon as `signal` aborts */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, signal)
  if (signal.aborted)
    throw new RetryAbortedError('stopped while waiting for the next attempt', { cause: signal.reason })
}
