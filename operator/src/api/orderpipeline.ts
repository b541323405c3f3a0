// What does an OrderPipeline look like to the code? Its spec as the CRD says (spec.generated.ts),
// names for parts of it, and its status.
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
/** Absent means customer. */
export type TopicKey = NonNullable<Topic['key']>
/** What a stage and the gateway have in common: how their container is set and placed. */
export type Placement = Omit<Pick<Stage, keyof Stage & keyof Gateway>, 'emits' | 'scaling'>
/** On what a stage is scaled; absent means Lag. */
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
  readonly gateway?: ReplicaCounts
  readonly stages?: readonly StageStatus[]
}

/** The image that the built-in programs of a pipeline run with. */
export interface ServicesStatus {
  readonly image: string
  /** The operator's, where it is another one. */
  readonly available?: string
}

/**
 * The installation of the operator that acts on the pipeline, as `<namespace>/<lease>`, and another
 * one that watches it too.
 */
export interface OperatorRecord {
  readonly name: string
  readonly standby?: {
    readonly name: string
    /** ISO date: when it last asked whether the one that acts is still there. */
    readonly askedAt: string
  }
  /** The last such question that was answered. */
  readonly answered?: string
}

/** What the operator has made in an external Kafka cluster. */
export interface KafkaRecord {
  readonly clusterId?: string
  readonly topics?: readonly RecordedTopic[]
}

export interface RecordedTopic {
  readonly name: string
  /** Absent: about to be made. */
  readonly id?: string
}

/** As kubectl get shows them: `ready/all`, and `ready/wanted` replicas. */
export interface Totals {
  readonly stages: string
  readonly replicas: string
  readonly lag?: number
  readonly ordersPerSecond?: number
  /** Absent while that of a stage is unknown. */
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
  /** Those that wait for a person; absent while unknown. */
  readonly deadLetters?: number
  readonly rollout?: Rollout
  readonly scaleOut?: ScaleOut
}

export interface StageCapacityStatus {
  readonly ordersPerSecond: number
  readonly replicas: number
  readonly workSeconds: number
  readonly measured: boolean
}

/** How far the newest version of a part is. */
export interface Rollout {
  readonly phase: 'Stable' | 'Progressing' | 'RolledBack'
  readonly message?: string
}

/** Replicas that were added and made a stage no faster. */
export interface ScaleOut {
  readonly from: number
  readonly to: number
  readonly message: string
}

export interface LagFigures {
  /** Messages written and not yet consumed. */
  readonly lag?: number
  readonly arrivedPerSecond?: number
  readonly consumedPerSecond?: number
  readonly secondsToDrain?: number
}
