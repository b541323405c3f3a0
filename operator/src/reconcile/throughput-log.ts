// What has been seen of each stage under load? Each reconcile notes it here, and the status gets
// the measured capacity from it. Kept in memory: what matters is in the status, and the rest is
// soon seen again.
import type { ChildObject, DeploymentStatus, OrderPipeline } from '../api/index.ts'
import { defaults, keyOf, livePart, type StageFigures, type Throughput, withPoint } from '../pipeline/index.ts'

export interface ThroughputLog {
  /** Takes note of how things are, and tells what is known by now, by stage. */
  note(
    pipeline: OrderPipeline,
    children: readonly ChildObject[],
    lag: ReadonlyMap<string, StageFigures>,
  ): ReadonlyMap<string, Throughput>
  forget(key: string): void
}

type Stages = ReadonlyMap<string, Throughput>

export const throughputLog = (now: () => number): ThroughputLog => {
  const known = new Map<string, { readonly generation: number | undefined; readonly stages: Stages }>()
  return {
    note: (pipeline, children, lag) => {
      const { generation } = pipeline.metadata
      const last = known.get(keyOf(pipeline))
      const before = last?.generation === generation ? last?.stages : undefined // of another spec it says nothing
      const after = new Map<string, Throughput>()
      for (const stage of pipeline.spec.stages) {
        const seen = before?.get(stage.name) ?? {}
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
        after.set(stage.name, point ? withPoint(seen, point, stage.concurrency ?? defaults.concurrency) : seen)
      }
      known.set(keyOf(pipeline), { generation, stages: after })
      return after
    },
    forget: (key) => known.delete(key),
  }
}
