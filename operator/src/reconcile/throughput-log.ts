// What has been measured of each stage under load? Each reconcile notes it here, and the status
// gets the measured capacity from it. Kept in memory: what matters is in the status, and the rest
// is soon measured again.
import type { ChildObject, DeploymentStatus, OrderPipeline } from '../api/index.ts'
import { defaults, keyOf, livePart, withPoint } from '../pipeline/index.ts'
import type { MeasuredStage, Throughput } from '../pipeline/index.ts'

export interface ThroughputLog {
  /** Notes the current figures, and returns what is measured by now, by stage. */
  note(
    pipeline: OrderPipeline,
    children: readonly ChildObject[],
    lag: ReadonlyMap<string, MeasuredStage>,
  ): ReadonlyMap<string, Throughput>
  /**
   * The same with the replicas of the last `note`: each change of a Deployment brings another.
   * Undefined where there was none for this generation of the spec.
   */
  noteFigures(
    pipeline: OrderPipeline,
    lag: ReadonlyMap<string, MeasuredStage>,
  ): ReadonlyMap<string, Throughput> | undefined
  forget(key: string): void
}

interface Entry {
  readonly generation: number | undefined
  readonly stages: ReadonlyMap<string, Throughput>
  /** Ready ones, by stage. */
  readonly replicas: ReadonlyMap<string, number>
}

export function throughputLog(now: () => number): ThroughputLog {
  const entries = new Map<string, Entry>()

  /** Figures of another spec do not count. */
  const last = (pipeline: OrderPipeline): Entry | undefined => {
    const entry = entries.get(keyOf(pipeline))
    return entry?.generation === pipeline.metadata.generation ? entry : undefined
  }

  const noteWith = (
    pipeline: OrderPipeline,
    replicas: ReadonlyMap<string, number>,
    lag: ReadonlyMap<string, MeasuredStage>,
  ): ReadonlyMap<string, Throughput> => {
    const before = last(pipeline)?.stages
    const stages = new Map<string, Throughput>()
    for (const stage of pipeline.spec.stages) {
      const throughput = before?.get(stage.name) ?? {}
      const figures = lag.get(stage.name)
      const point = figures?.lag !== undefined &&
        figures.consumedPerSecond !== undefined && {
          at: now(),
          replicas: replicas.get(stage.name) ?? 0,
          lag: figures.lag,
          consumedPerSecond: figures.consumedPerSecond,
          largestShare: figures.largestShare ?? 0,
        }
      stages.set(
        stage.name,
        point ? withPoint(throughput, point, stage.concurrency ?? defaults.concurrency) : throughput,
      )
    }
    entries.set(keyOf(pipeline), { generation: pipeline.metadata.generation, stages, replicas })
    return stages
  }

  const readyReplicas = (pipeline: OrderPipeline, stage: string, children: readonly ChildObject[]): number => {
    const live = livePart(pipeline, stage, children)
    return ((live[live.active]?.status ?? {}) as DeploymentStatus).readyReplicas ?? 0
  }

  return {
    note: (pipeline, children, lag) => {
      const names = pipeline.spec.stages.map(({ name }) => name)
      const replicas = new Map(names.map((name) => [name, readyReplicas(pipeline, name, children)]))
      return noteWith(pipeline, replicas, lag)
    },
    noteFigures: (pipeline, lag) => {
      const entry = last(pipeline)
      return entry && noteWith(pipeline, entry.replicas, lag)
    },
    forget: (key) => entries.delete(key),
  }
}
