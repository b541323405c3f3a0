// What are the types of an OrderPipeline? The spec is generated from the CRD (spec.generated.ts);
// this file adds names for parts of it, and the status.
import type { Condition } from './conditions.ts'
import type { ObjectMeta } from './objects.ts'
import type {
  ExternalAddress,
  Gateway,
  OrderPipelineSpec,
  Stage,
  StageScaling,
  StrimziListener,
  Topic,
} from './spec.generated.ts'

export const group = 'orderpipeline.dev'
export const version = 'v1alpha1'
export const kind = 'OrderPipeline'

export interface OrderPipeline {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly spec: OrderPipelineSpec
  readonly status?: OrderPipelineStatus
}

export type DeletionPolicy = NonNullable<OrderPipelineSpec['deletionPolicy']>
/** What a Strimzi listener and an external cluster have in common. */
export type KafkaSecurity = Pick<StrimziListener & ExternalAddress, 'tls' | 'sasl'>
export type SaslMechanism = NonNullable<KafkaSecurity['sasl']>['mechanism']
/** Which id is the key of a topic's messages; absent means customer. */
export type TopicKey = NonNullable<Topic['key']>
/**
 * What a stage and the gateway have in common: the settings of their container and its placement.
 */
export type Placement = Omit<Pick<Stage, keyof Stage & keyof Gateway>, 'emits' | 'scaling'>
/** What a stage is scaled on; absent means Lag. */
export type ScalingPolicy = NonNullable<StageScaling['policy']>

export interface OrderPipelineStatus {
  readonly observedGeneration?: number
  readonly conditions?: readonly Condition[]
  readonly kafka?: KafkaRecord
  readonly operator?: OperatorRecord
  readonly services?: ServicesStatus
  /** ISO date; absent unless suspended and not yet stopped. */
  readonly drainingSince?: string
  readonly totals?: Totals
  readonly capacity?: { readonly ordersPerSecond: number; readonly bottleneck: string }
  /** Present where spec.slo has objectives. */
  readonly slo?: readonly ObjectiveStatus[]
  readonly gateway?: ReplicaCounts
  readonly stages?: readonly StageStatus[]
}

/** The image of the pipeline's built-in programs. */
export interface ServicesStatus {
  readonly image: string
  /** The image of the operator's own version, where it differs from `image`. */
  readonly available?: string
}

/**
 * The installation of the operator that acts on the pipeline, as `<namespace>/<lease>`, and another
 * installation that also watches it.
 */
export interface OperatorRecord {
  readonly name: string
  readonly standby?: {
    readonly name: string
    /** ISO date: when it last asked whether the acting installation still runs. */
    readonly askedAt: string
  }
  /** `askedAt` of the last question that was answered. */
  readonly answered?: string
}

/** What the operator has created in an external Kafka cluster. */
export interface KafkaRecord {
  readonly clusterId?: string
  readonly topics?: readonly RecordedTopic[]
}

export interface RecordedTopic {
  readonly name: string
  /** Absent while the topic is about to be created. */
  readonly id?: string
}

/** An objective of spec.slo; the figures are absent until the operator has measured it. */
export interface ObjectiveStatus {
  readonly name: string
  /** Percent. */
  readonly objective: number
  readonly measuredBy: 'Operator' | 'Prometheus'
  /** Seconds of freshness. */
  readonly target?: number
  readonly budgetLeftPercent?: number
  readonly burnRate?: number
  /** ISO date: the start of the window of 30 days. */
  readonly since?: string
  readonly measuredSeconds?: number
  readonly lateSeconds?: number
}

/** Columns of `kubectl get`: `ready/all` stages, and `ready/desired` replicas. */
export interface Totals {
  readonly stages: string
  readonly replicas: string
  readonly lag?: number
  readonly ordersPerSecond?: number
  /** Absent while the lag of a stage is unknown. */
  readonly deadLetters?: number
}

export interface ReplicaCounts {
  readonly replicas: number
  readonly readyReplicas: number
  readonly desiredReplicas: number
}

/** Lag figures are absent while unknown. */
export interface StageStatus extends ReplicaCounts, LagFigures {
  readonly name: string
  readonly capacity?: StageCapacityStatus
  /** Dead letters that wait for a person; absent while unknown. */
  readonly deadLetters?: number
  readonly rollout?: Rollout
  readonly scaleOut?: ScaleOut
  readonly lastScaling?: ScalingChange
}

/** The rate that a stage can handle with every replica that its autoscaler can reach. */
export interface StageCapacityStatus {
  readonly ordersPerSecond: number
  /**
   * Replicas that the autoscaler can reach: maxReplicas, or fewer if there are fewer partitions.
   */
  readonly replicas: number
  /** Busy seconds per message, from which the rate is computed. */
  readonly workSeconds: number
  /** Whether workSeconds was measured under load; otherwise it is from the spec. */
  readonly measured: boolean
}

/** How far the rollout of the newest version of a stage is. */
export interface Rollout {
  readonly phase: 'Stable' | 'Progressing' | 'RolledBack'
  readonly message?: string
}

/** Replicas that were added and did not make a stage faster. */
export interface ScaleOut {
  readonly from: number
  readonly to: number
  readonly message: string
}

/** The last change of the desired replicas of a stage scaled on flow. */
export interface ScalingChange {
  /** ISO date. */
  readonly at: string
  readonly from: number
  readonly to: number
  /** A FlowReason. */
  readonly reason: string
  readonly message: string
}

export interface LagFigures {
  /** Messages written and not yet consumed. */
  readonly lag?: number
  readonly arrivedPerSecond?: number
  readonly consumedPerSecond?: number
  readonly secondsToDrain?: number
  /** The lag of each topic that has any, where the stage consumes several. */
  readonly lagByTopic?: Readonly<Record<string, number>>
}
