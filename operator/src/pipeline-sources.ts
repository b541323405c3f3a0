// Which pipelines do the tasks that run in parallel with reconciles look at? Those on an external
// Kafka, those whose lag is read, and, for the metrics, those that another installation acts on.
import type { OrderPipeline } from './api/index.ts'
import { isExternal, keyOf, lagSource } from './pipeline/index.ts'
import type { LagSource } from './pipeline/index.ts'

export interface PipelineSources {
  /**
   * Pipelines on an external Kafka: they are looked up every second, and mostly there are few. The
   * same object until it changes, so that what is derived from it is derived once.
   */
  readonly external: () => OrderPipeline[]
  /** Pipelines that this installation acts on, as far as their lag is read. */
  readonly polled: () => LagSource[]
  /** How many pipelines another installation acts on. */
  readonly standingBy: () => number
  /** Returns whether another installation acts on it. */
  update(pipeline: OrderPipeline, acts: boolean): boolean
  forget(key: string): void
}

export function pipelineSources(): PipelineSources {
  const external = new Map<string, OrderPipeline>()
  const polled = new Map<string, LagSource>()
  const standingBy = new Set<string>()
  return {
    external: () => [...external.values()],
    polled: () => [...polled.values()],
    standingBy: () => standingBy.size,
    update: (pipeline, acts) => {
      const key = keyOf(pipeline)
      if (isExternal(pipeline)) external.set(key, pipeline)
      else external.delete(key)
      // A pipeline without a record of an acting installation is polled like our own, so that its
      // first reconcile has figures.
      const isOthers = !acts && pipeline.status?.operator !== undefined
      if (isOthers) {
        standingBy.add(key)
        polled.delete(key)
      } else {
        standingBy.delete(key)
        polled.set(key, lagSource(pipeline))
      }
      return isOthers
    },
    forget: (key) => {
      external.delete(key)
      polled.delete(key)
      standingBy.delete(key)
    },
  }
}
