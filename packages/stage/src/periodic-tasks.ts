// What does a stage do unasked, now and then, beside its messages? One chore at a time of each
// kind, a pause between, until told to stop.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from '@orderpipeline/postgres'
import type { OrderEvent, ProductEvent } from '@orderpipeline/order-events'

export interface PeriodicTaskContext {
  /** The stage's own pool. */
  readonly database: Pool
  /**
   * Resolves when Kafka has them; they may arrive twice. For what must not be lost with this
   * process, an outbox is the place.
   */
  readonly publish: (events: readonly (OrderEvent | ProductEvent)[]) => Promise<void>
  /** By the topic's name without the pipeline's prefix. */
  readonly keyedByOrder: (topic: string) => boolean
  /** Aborts when the stage drains: a chore in many parts stops between two of them. */
  readonly stopping: AbortSignal
}

export interface PeriodicTask {
  readonly name: string
  readonly everyMs: number
  /** Done by every replica, so it must bear being done by several at once. */
  readonly run: (surroundings: PeriodicTaskContext) => Promise<unknown>
  /** Called once it will not be run again. */
  readonly close?: () => void
}

export interface PeriodicTasks {
  /** Resolves when none is under way any more. */
  stop(): Promise<void>
}

/**
 * The first time after a part of the interval by chance, so that a hundred replicas do not begin at
 * once.
 */
export function startPeriodicTasks(
  chores: readonly PeriodicTask[],
  surroundings: Omit<PeriodicTaskContext, 'stopping'>,
  onError: (chore: string, error: unknown) => void,
  random: () => number = Math.random,
): PeriodicTasks {
  const stopping = new AbortController()
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
  const keepDoing = async ({ name, everyMs, run }: PeriodicTask): Promise<void> => {
    await pause(everyMs * random())
    while (!stopping.signal.aborted) {
      await run({ ...surroundings, stopping: stopping.signal }).catch((error: unknown) => onError(name, error))
      await pause(everyMs * (0.8 + 0.4 * random()))
    }
  }
  const running = chores.map(keepDoing)
  return {
    stop: async () => {
      stopping.abort()
      await Promise.all(running)
      for (const { close } of chores) close?.()
    },
  }
}
