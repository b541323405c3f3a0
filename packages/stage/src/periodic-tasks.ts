// How does a stage run periodic tasks, such as the pruning of its inbox, next to its messages? Each
// task runs in every replica, one run at a time with a pause between two runs, until the stage
// stops. A failed run is reported, and the task goes on.
import { runPeriodically } from '@orderpipeline/retry'
import type { Pool } from '@orderpipeline/postgres'
import type { OrderEvent, ProductEvent } from '@orderpipeline/order-events'

export interface PeriodicTaskContext {
  /** The stage's own pool. */
  readonly database: Pool
  /**
   * Resolves when Kafka has stored the events; consumers may get an event twice. Events that must
   * survive a crash of the process belong in an outbox.
   */
  readonly publish: (events: readonly (OrderEvent | ProductEvent)[]) => Promise<void>
  /** Whether messages of a topic have the order's id as key. `topic`: without the prefix. */
  readonly keyedByOrder: (topic: string) => boolean
  /** Aborts when the stage stops. A task that works in batches stops after the current batch. */
  readonly stopping: AbortSignal
}

export interface PeriodicTask {
  readonly name: string
  readonly everyMs: number
  /** Every replica calls it, so several runs at the same time must be safe. */
  readonly run: (context: PeriodicTaskContext) => Promise<unknown>
  /** Called when the last run has ended. */
  readonly close?: () => void
}

export interface PeriodicTasks {
  /** Resolves when all runs in progress have ended. */
  stop(): Promise<void>
}

/**
 * The first run starts after a random part of the interval, so that a hundred replicas do not begin
 * at once.
 */
export function startPeriodicTasks(
  tasks: readonly PeriodicTask[],
  context: Omit<PeriodicTaskContext, 'stopping'>,
  onError: (task: string, error: unknown) => void,
  random: () => number = Math.random,
): PeriodicTasks {
  const stopping = new AbortController()
  const running = tasks.map(({ name, everyMs, run }) =>
    runPeriodically(everyMs, () => run({ ...context, stopping: stopping.signal }), {
      signal: stopping.signal,
      onError: (error) => onError(name, error),
      firstMs: everyMs * random(),
      random,
    }),
  )
  return {
    stop: async () => {
      stopping.abort()
      await Promise.all(running)
      for (const { close } of tasks) close?.()
    },
  }
}
