// Who takes keys from the queue? N workers; what one pipeline throws is logged, backed off, and no
// other pipeline notices.
import type { Logger } from 'pino'
import { ApiError, NotLeaderError } from '../kube/errors.ts'
import type { Next } from './next-check.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Taken, WorkQueue } from '../runtime/work-queue.ts'

export interface Workers {
  /** Resolves when the queue is closed and what was in hand is finished. */
  readonly finished: Promise<void>
}

export interface WorkersSettings {
  readonly count: number
  readonly resyncMs: number
}

export const workers = (
  queue: WorkQueue,
  reconcile: (key: string) => Promise<Next>,
  { log, metrics, now, random }: { log: Logger; metrics: Metrics; now: () => number; random: () => number },
  { count, resyncMs }: WorkersSettings,
): Workers => {
  const settle = (taken: Taken, next: Next): void => {
    const { key } = taken
    switch (next.kind) {
      case 'gone':
        return queue.forget(key)
      case 'done':
        queue.forget(key)
        return queue.addAfter(key, resyncMs * (0.8 + 0.4 * random()))
      case 'after':
        queue.forget(key)
        return queue.addAfter(key, next.ms)
      case 'retry':
        return queue.retry(taken, next.leastMs)
    }
  }

  const pass = async (taken: Taken): Promise<void> => {
    const { key } = taken
    const started = now()
    const took = (): number => (now() - started) / 1000
    try {
      const next = await reconcile(key)
      settle(taken, next)
      metrics.reconciled(next.kind, took(), taken)
      log.debug({ pipeline: key, next, seconds: took() }, 'reconciled')
    } catch (error) {
      metrics.reconciled('error', took(), taken)
      if (!(error instanceof NotLeaderError))
        log.error({ pipeline: key, error }, 'could not be reconciled, will be tried again')
      queue.retry(taken, error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0)
    } finally {
      queue.done(key)
    }
  }

  const work = async (): Promise<void> => {
    for (let taken = await queue.next(); taken; taken = await queue.next()) await pass(taken)
  }
  return { finished: Promise.all(Array.from({ length: count }, work)).then(() => undefined) }
}
