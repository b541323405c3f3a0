// What does one replica of the operator do for as long as it leads? It waits until its informers
// are synced and the lease is its own, then works on the queue. It finishes the reconciles in
// flight before it releases the lease.
import { sleep } from '@orderpipeline/retry'
import type { Logger } from 'pino'
import type { Next } from './reconcile/next-check.ts'
import type { Clock } from './runtime/clock.ts'
import type { Leader } from './leadership/leader.ts'
import type { Metrics } from './runtime/metrics.ts'
import type { Extent, WorkQueue } from './runtime/work-queue.ts'
import { workers } from './reconcile/workers.ts'
import type { WorkersSettings } from './reconcile/workers.ts'

interface LeadershipTasks {
  readonly synced: () => boolean
  readonly lead: Leader
  readonly measured: Metrics
  readonly log: Logger
  readonly clock: Clock
  readonly queue: WorkQueue
  readonly pass: (key: string, extent: Extent) => Promise<Next>
  /** Aborted when the operator is to stop, and here when the lease is lost. */
  readonly stopping: AbortController
  /** Tasks that run while it leads and only read. */
  readonly readers: readonly ((signal: AbortSignal) => Promise<void>)[]
  /** Tasks that run while it leads and write: the lease is kept until they have ended. */
  readonly writers: readonly ((signal: AbortSignal) => Promise<void>)[]
  readonly settings: WorkersSettings & { readonly holder: string }
}

export async function actAsLeader(on: LeadershipTasks): Promise<'stopped' | 'lost'> {
  const { lead, measured: metrics, log, queue, stopping, settings } = on
  const { signal } = stopping
  while (!on.synced() && !signal.aborted) await sleep(50, signal)
  if (signal.aborted) return 'stopped'
  log.debug({ holder: settings.holder }, 'every kind is listed, waiting for the lease')
  if (!(await lead.acquire(signal))) return 'stopped'
  metrics.leading(true)
  log.info({ holder: settings.holder }, 'leading')
  const reading = on.readers.map((run) => run(signal))
  const writing = on.writers.map((run) => run(signal))
  const working = workers(queue, on.pass, { log, metrics, ...on.clock }, settings)
  const outcome = await lead.renewUntilStopped(signal)
  metrics.leading(false)
  queue.close()
  if (outcome === 'lost') {
    log.error('the lease is lost, another operator may act now')
    stopping.abort()
  }
  // The remaining time of the lease covers the reconciles in flight: writes end with it at the
  // latest.
  await Promise.all([working.finished, ...writing])
  if (outcome === 'released')
    await lead.release().catch((error: unknown) => log.warn({ error }, 'the lease was not released'))
  // After the release: the next leader need not wait for a Kafka that does not answer.
  await Promise.all(reading)
  return outcome === 'lost' ? 'lost' : 'stopped'
}
