// What does a stage do now and then, next to its messages? One run at a time of each task, a pause
// in between, until it is stopped.
import { runPeriodically } from '@orderpipeline/retry'
import type { Pool } from '@orderpipeline/postgres'
import type { OrderEvent, ProductEvent } from '@orderpipeline/order-events'

export interface PeriodicTaskContext {
  /** The stage's own pool. */
  readonly database: Pool
  /**
   * Resolves when Kafka has them; they may arrive twice. Events that must survive this process
   * belong in an outbox.
   */
  readonly publish: (events: readonly (OrderEvent | ProductEvent)[]) => Promise<void>
  /** By the topic's name without the pipeline's prefix. */
  readonly keyedByOrder: (topic: string) => boolean
  /** Aborts when the stage drains: a task in many parts stops between two of them. */
  readonly stopping: AbortSignal
}

export interface PeriodicTask {
  readonly name: string
  readonly everyMs: number
  /** Every replica runs it, so several must be able to run it at once. */
  readonly run: (surroundings: PeriodicTaskContext) => Promise<unknown>
  /** Called once it will not be run again. */
  readonly close?: () => void
}

export interface PeriodicTasks {
  /** Resolves when none is under way any more. */
  stop(): Promise<void>
}

/**
 * The first run starts after a random part of the interval, so that a hundred replicas do not begin
 * at once.
 */
export function startPeriodicTasks(
  tasks: readonly PeriodicTask[],
  surroundings: Omit<PeriodicTaskContext, 'stopping'>,
  onError: (task: string, error: unknown) => void,
  random: () => number = Math.random,
): PeriodicTasks {
  const stopping = new AbortController()
  const running = tasks.map(({ name, everyMs, run }) =>
    runPeriodically(everyMs, () => run({ ...surroundings, stopping: stopping.signal }), {
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
