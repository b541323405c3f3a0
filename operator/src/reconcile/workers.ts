// Who takes pipelines from the work queue? `count` workers: each reconciles one pipeline at a time
// and requeues it as the result says. If a reconcile fails, the error is logged and the pipeline is
// retried after a backoff; other pipelines are not affected.
import type { Logger } from 'pino'
import { ApiError, NotLeaderError } from '../kube/errors.ts'
import type { Next } from './next-check.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Extent, QueueItem, WorkQueue } from '../runtime/work-queue.ts'

export interface Workers {
  /** Resolves when the queue is closed and the reconciles in flight are finished. */
  readonly finished: Promise<void>
}

export interface WorkersSettings {
  readonly count: number
  readonly resyncMs: number
}

export function workers(
  queue: WorkQueue,
  reconcile: (key: string, extent: Extent) => Promise<Next>,
  { log, metrics, now, random }: { log: Logger; metrics: Metrics; now: () => number; random: () => number },
  { count, resyncMs }: WorkersSettings,
): Workers {
  const settle = (item: QueueItem, next: Next): void => {
    const { key, extent } = item
    switch (next.kind) {
      case 'gone':
        return queue.forget(key)
      case 'done':
        if (extent === 'figures') return // the last whole reconcile has scheduled the next one
        queue.forget(key)
        return queue.addAfter(key, resyncMs * (0.8 + 0.4 * random()))
      case 'after':
        if (extent === 'whole') queue.forget(key)
        return queue.addAfter(key, next.ms, extent)
      case 'whole':
        return queue.add(key, 'background')
      case 'retry':
        return queue.retry(item, next.leastMs)
    }
  }

  const pass = async (item: QueueItem): Promise<void> => {
    const { key, extent } = item
    const startedAt = now()
    const elapsedSeconds = (): number => (now() - startedAt) / 1000
    try {
      const next = await reconcile(key, extent)
      settle(item, next)
      metrics.reconciled(next.kind, elapsedSeconds(), item)
      log.debug({ pipeline: key, next, seconds: elapsedSeconds() }, 'reconciled')
    } catch (error) {
      metrics.reconciled('error', elapsedSeconds(), item)
      if (!(error instanceof NotLeaderError))
        log.error({ pipeline: key, error }, 'the reconcile failed and will be retried')
      queue.retry(item, error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0)
    } finally {
      queue.done(key)
    }
  }

  const work = async (): Promise<void> => {
    for (let item = await queue.next(); item; item = await queue.next()) await pass(item)
  }
  return { finished: Promise.all(Array.from({ length: count }, work)).then(() => undefined) }
}
