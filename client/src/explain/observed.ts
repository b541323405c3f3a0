// What is there to explain a part's replicas from? As much of each object as is looked at.
import type { ConditionsStatus, OrderPipeline, ScaledObject } from '@orderpipeline/operator/api'
import type { FlowHistory } from '@orderpipeline/operator/pipeline'

export interface PartObserved {
  readonly pipeline: OrderPipeline
  /** A stage's name, or `gateway`. */
  readonly part: string
  readonly scaledObject: ScaledObject | undefined
  readonly autoscaler: Autoscaler | undefined
  readonly deployment: Workload | undefined
  readonly pods: readonly ObservedPod[]
  /** Partitions of a Kafka topic as it is, by its name in Kafka. */
  readonly partitions: ReadonlyMap<string, number>
  /** What the operator decided for a stage that is scaled on flow, or why that is not known. */
  readonly flow?: FlowHistory | string
}

export type Conditions = NonNullable<ConditionsStatus['conditions']>

export interface Autoscaler {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly scaleTargetRef: { readonly kind: string; readonly name: string }
    readonly minReplicas?: number
    readonly maxReplicas: number
    readonly metrics?: readonly Metric[]
    readonly behavior?: Readonly<Record<'scaleUp' | 'scaleDown', AutoscalerBehavior | undefined>>
  }
  readonly status?: {
    readonly currentReplicas?: number
    readonly desiredReplicas?: number
    readonly currentMetrics?: readonly (CurrentMetric | null)[]
    readonly conditions?: Conditions
  }
}

export interface AutoscalerBehavior {
  readonly stabilizationWindowSeconds?: number
  readonly policies?: readonly { readonly type: string; readonly value: number; readonly periodSeconds: number }[]
}

/** A metric of either kind that KEDA uses: its own measurement, or one of metrics-server. */
export interface Metric {
  readonly type: string
  readonly external?: {
    readonly metric: { readonly name: string }
    readonly target: { readonly averageValue?: string; readonly value?: string }
  }
  readonly resource?: { readonly name: string; readonly target: { readonly averageUtilization?: number } }
}

export interface CurrentMetric {
  readonly type: string
  readonly external?: {
    readonly metric: { readonly name: string }
    readonly current: { readonly averageValue?: string; readonly value?: string }
  }
  readonly resource?: { readonly name: string; readonly current: { readonly averageUtilization?: number } }
}

export interface Workload {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly replicas?: number }
  readonly status?: {
    readonly replicas?: number
    readonly readyReplicas?: number
    readonly conditions?: Conditions
  }
}

export interface ObservedPod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  readonly status?: {
    readonly phase?: string
    readonly conditions?: Conditions
    readonly containerStatuses?: readonly {
      readonly restartCount?: number
      readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } }
      readonly lastState?: { readonly terminated?: { readonly reason?: string; readonly exitCode?: number } }
    }[]
  }
}

/** What KEDA adds to the status of a ScaledObject. */
export interface ScalerStatus {
  readonly conditions?: Conditions
  readonly health?: Readonly<Record<string, { readonly numberOfFailures?: number; readonly status?: string }>>
}

export function conditionOf(conditions: Conditions | undefined, type: string): Conditions[number] | undefined {
  return conditions?.find((condition) => condition.type === type)
}
