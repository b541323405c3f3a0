// What does a person need to see of a pipeline at a glance? It is decided here, from objects as
// read; the rendering is apart.
import type { Condition, OrderPipeline } from '@orderpipeline/operator/api'
import { colors, deploymentName, figuresOf, partsOf } from '@orderpipeline/operator/pipeline'

/** As much of a Deployment as is looked at. */
export interface Workload {
  readonly metadata: { readonly name: string }
  readonly spec?: { readonly replicas?: number }
  readonly status?: { readonly readyReplicas?: number }
}

/** As much of a HorizontalPodAutoscaler as is looked at. */
export interface Autoscaler {
  readonly spec: {
    readonly scaleTargetRef: { readonly kind: string; readonly name: string }
    readonly minReplicas?: number
    readonly maxReplicas: number
  }
  readonly status?: { readonly desiredReplicas?: number }
}

export interface Observed {
  readonly pipeline: OrderPipeline
  readonly workloads: readonly Workload[]
  readonly autoscalers: readonly Autoscaler[]
  readonly ordersPerSecond: number | undefined
}

export interface PipelineView {
  readonly name: string
  readonly namespace: string
  readonly ready: 'True' | 'False' | 'Unknown'
  readonly suspended: boolean
  readonly ordersPerSecond?: number
  /** The lag of all stages; absent while that of any is unknown. */
  readonly lag?: number
  /** Those that wait for a person; absent while unknown. */
  readonly deadLetters?: number
  readonly stages: readonly StageView[]
  /** Those that are not True, Ready left out: it only repeats one of them. */
  readonly problems: readonly Pick<Condition, 'type' | 'status' | 'reason' | 'message'>[]
  /** The status speaks of an older spec. */
  readonly behind: boolean
}

export interface StageView {
  readonly name: string
  readonly ready: number
  readonly wanted: number
  readonly min: number
  readonly max: number
  readonly lag?: number
  readonly consumedPerSecond?: number
  readonly secondsToDrain?: number
}

export function pipelineView({ pipeline, workloads, autoscalers, ordersPerSecond }: Observed): PipelineView {
  const { metadata, spec, status } = pipeline
  const stages = partsOf(spec).map(({ name, scaling }): StageView => {
    const ofPart = colors.map((color) => deploymentName(metadata.name, name, color))
    const autoscaler = autoscalers.find(
      ({ spec: { scaleTargetRef } }) => scaleTargetRef.kind === 'Deployment' && ofPart.includes(scaleTargetRef.name),
    )
    // Where there are two, the autoscaler's is the one that works; without any, the one there is.
    const candidates = autoscaler ? [autoscaler.spec.scaleTargetRef.name] : ofPart
    const workload = workloads.find((one) => candidates.includes(one.metadata.name))
    const { lag, consumedPerSecond, secondsToDrain } = figuresOf(status, name) ?? {}
    return {
      name,
      ready: workload?.status?.readyReplicas ?? 0,
      // Straight after its creation an autoscaler has computed nothing yet.
      wanted: autoscaler?.status?.desiredReplicas || (workload?.spec?.replicas ?? 0),
      min: autoscaler?.spec.minReplicas ?? scaling.minReplicas,
      max: autoscaler?.spec.maxReplicas ?? scaling.maxReplicas,
      ...(lag === undefined ? {} : { lag }),
      ...(consumedPerSecond === undefined ? {} : { consumedPerSecond }),
      ...(secondsToDrain === undefined ? {} : { secondsToDrain }),
    }
  })
  const conditions = status?.conditions ?? []
  // Without a gateway, what arrives on the topics that no stage writes to.
  const rate = ordersPerSecond ?? (spec.gateway ? undefined : status?.totals?.ordersPerSecond)
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? 'default',
    ready: conditions.find(({ type }) => type === 'Ready')?.status ?? 'Unknown',
    suspended: spec.suspend ?? false,
    ...(rate === undefined ? {} : { ordersPerSecond: rate }),
    ...(status?.totals?.lag === undefined ? {} : { lag: status.totals.lag }),
    ...(status?.totals?.deadLetters === undefined ? {} : { deadLetters: status.totals.deadLetters }),
    stages,
    problems: conditions
      .filter((condition) => condition.status !== 'True' && condition.type !== 'Ready')
      .map(({ type, status: truth, reason, message }) => ({ type, status: truth, reason, message })),
    behind: status?.observedGeneration !== metadata.generation,
  }
}
