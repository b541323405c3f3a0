// What does one replica of the operator do for as long as it leads? It waits until it knows what
// there is and until the lease is its own, then works on the queue, and finishes what is in hand
// before it gives the lease back.
import type { Logger } from 'pino'
import type { Next } from './reconcile/next-check.ts'
import type { Clock } from './runtime/clock.ts'
import type { Leader } from './leadership/leader.ts'
import type { Metrics } from './runtime/metrics.ts'
import { pause } from './runtime/pause.ts'
import type { WorkQueue } from './runtime/work-queue.ts'
import { workers, type WorkersSettings } from './reconcile/workers.ts'

interface Leading {
  readonly synced: () => boolean
  readonly lead: Leader
  readonly measured: Metrics
  readonly log: Logger
  readonly clock: Clock
  readonly queue: WorkQueue
  readonly pass: (key: string) => Promise<Next>
  /** Aborted when the operator is to stop; by this, too, when the lease is lost. */
  readonly stopping: AbortController
  /** What runs while it leads and only reads. */
  readonly beside: readonly ((signal: AbortSignal) => Promise<void>)[]
  /** What runs while it leads and writes somewhere: the lease is kept until it has ended. */
  readonly writing: readonly ((signal: AbortSignal) => Promise<void>)[]
  readonly settings: WorkersSettings & { readonly holder: string }
}

export const actAsLeader = async (on: Leading): Promise<'stopped' | 'lost'> => {
  const { lead, measured, log, queue, stopping, settings } = on
  const { signal } = stopping
  while (!on.synced() && !signal.aborted) await pause(50, signal)
  if (signal.aborted || !(await lead.acquire(signal))) return 'stopped'
  measured.leading(true)
  log.info({ holder: settings.holder }, 'leading')
  const reading = on.beside.map((run) => run(signal))
  const writing = on.writing.map((run) => run(signal))
  const working = workers(queue, on.pass, { log, metrics: measured, ...on.clock }, settings)
  const held = await lead.hold(signal)
  measured.leading(false)
  queue.close()
  if (held === 'lost') {
    log.error('the lease is lost, another operator may be acting')
    stopping.abort()
  }
  // The lease is kept alive by its remaining time while what is in hand finishes: writes end with
  // it at the latest.
  await Promise.all([working.finished, ...writing])
  if (held === 'released')
    await lead.release().catch((error: unknown) => log.warn({ error }, 'the lease was not given back'))
  await Promise.all(reading) // nobody has to wait for a Kafka that does not answer before taking over
  return held === 'lost' ? 'lost' : 'stopped'
}
