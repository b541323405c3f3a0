// What has been measured of each stage under load? Each reconcile notes it here, and the status
// gets the measured capacity from it. Kept in memory: what matters is in the status, and the rest
// is soon measured again.
import type { ChildObject, DeploymentStatus, OrderPipeline } from '../api/index.ts'
import { defaults, keyOf, livePart, type StageFigures, type Throughput, withPoint } from '../pipeline/index.ts'

export interface ThroughputLog {
  /** Notes the current figures, and returns what is measured by now, by stage. */
  note(
    pipeline: OrderPipeline,
    children: readonly ChildObject[],
    lag: ReadonlyMap<string, StageFigures>,
  ): ReadonlyMap<string, Throughput>
  forget(key: string): void
}

type Stages = ReadonlyMap<string, Throughput>

export const throughputLog = (now: () => number): ThroughputLog => {
  const entries = new Map<string, { readonly generation: number | undefined; readonly stages: Stages }>()
  return {
    note: (pipeline, children, lag) => {
      const { generation } = pipeline.metadata
      const last = entries.get(keyOf(pipeline))
      const before = last?.generation === generation ? last?.stages : undefined // figures of another spec do not count
      const after = new Map<string, Throughput>()
      for (const stage of pipeline.spec.stages) {
        const throughput = before?.get(stage.name) ?? {}
        const figures = lag.get(stage.name)
        const live = livePart(pipeline, stage.name, children)
        const { readyReplicas = 0 } = (live[live.active]?.status ?? {}) as DeploymentStatus
        const point = figures?.lag !== undefined &&
          figures.consumedPerSecond !== undefined && {
            at: now(),
            replicas: readyReplicas,
            lag: figures.lag,
            consumedPerSecond: figures.consumedPerSecond,
            largestShare: figures.largestShare ?? 0,
          }
        after.set(
          stage.name,
          point ? withPoint(throughput, point, stage.concurrency ?? defaults.concurrency) : throughput,
        )
      }
      entries.set(keyOf(pipeline), { generation, stages: after })
      return after
    },
    forget: (key) => entries.delete(key),
  }
}
