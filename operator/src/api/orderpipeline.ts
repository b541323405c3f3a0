// What does an OrderPipeline look like to the code? The CRD (crds/orderpipelines.yaml) as types,
// after its defaults are in.
import type { Condition } from './conditions.ts'
import type { ObjectMeta } from './objects.ts'

export const group = 'orderpipeline.dev'
export const version = 'v1alpha1'
export const kind = 'OrderPipeline'
export const builtInStages = ['orders', 'inventory', 'payment', 'shipping', 'notification'] as const

export interface OrderPipeline {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly spec: OrderPipelineSpec
  readonly status?: OrderPipelineStatus
}

export interface OrderPipelineSpec {
  readonly kafka: KafkaSource
  readonly database?: DatabaseSource
  readonly gateway?: Gateway
  readonly topics: readonly Topic[]
  readonly stages: readonly Stage[]
  readonly suspend?: boolean
  readonly suspension?: { readonly drainDeadlineSeconds?: number }
  readonly deletionPolicy?: DeletionPolicy
  /** Image of the built-in programs, in place of the operator's. */
  readonly image?: string
  readonly updates?: 'Manual' | 'Automatic'
  /** For the pods of every part; what a part says itself goes before it. */
  readonly template?: PodTemplate
}

export type DeletionPolicy = 'Retain' | 'Delete'

export type KafkaSource = StrimziKafka | ExternalKafka

export interface StrimziKafka {
  readonly strimziCluster: string
  readonly listener?: KafkaSecurity & { readonly port?: number }
}

/** Has no KafkaTopics: the operator manages topics by Kafka's admin API. */
export interface ExternalKafka {
  readonly external: KafkaSecurity & { readonly bootstrapServers: string }
}

export interface KafkaSecurity {
  readonly tls?: {
    readonly ca?: { readonly secretName: string; readonly key?: string }
    /** Of a client, as Strimzi calls it. */
    readonly certificateAndKey?: { readonly secretName: string; readonly certificate?: string; readonly key?: string }
  }
  readonly sasl?: {
    readonly mechanism: SaslMechanism
    readonly secretName: string
    readonly username?: string
    readonly usernameKey?: string
    readonly passwordKey?: string
  }
}

export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

export interface DatabaseSource {
  readonly secretName: string
  readonly key: string
  readonly maxConnections?: number
}

export interface Topic {
  readonly name: string
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly retentionHours?: number
  readonly minInSyncReplicas?: number
  readonly cleanupPolicy?: 'delete' | 'compact' | 'compact,delete'
  /** Absent means customer. */
  readonly key?: TopicKey
}

export type TopicKey = 'customer' | 'order'

export interface TopicRef {
  readonly topic: string
}

/** What a stage and the gateway have in common: how their container is set and placed. */
export interface Placement {
  readonly image?: string
  /** `image` has the built-in programs: the one of this name is run. */
  readonly builtIn?: boolean
  readonly template?: PodTemplate
  readonly env?: readonly EnvVar[]
  readonly resources?: Resources
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly tolerations?: readonly Toleration[]
  readonly priorityClassName?: string
  readonly topologySpread?: readonly TopologySpread[]
  readonly strategy?: Strategy
}

/**
 * What of its pods a cluster may need to be otherwise, none of it weaker than the restricted Pod
 * Security Standard.
 */
export interface PodTemplate {
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly serviceAccountAnnotations?: Readonly<Record<string, string>>
  /** Names of Secrets. */
  readonly imagePullSecrets?: readonly string[]
  /** In place of the operator's ids; what is left out is the cluster's to assign. */
  readonly securityContext?: { readonly runAsUser?: number; readonly runAsGroup?: number; readonly fsGroup?: number }
  readonly terminationGracePeriodSeconds?: number
}

export interface TopologySpread {
  readonly topologyKey: string
  readonly maxSkew?: number
  readonly whenUnsatisfiable?: 'ScheduleAnyway' | 'DoNotSchedule'
}

export interface Strategy {
  readonly type?: 'RollingUpdate' | 'BlueGreen'
  readonly healthySeconds?: number
  readonly progressDeadlineSeconds?: number
}

/** What every autoscaler of a pipeline has. */
export interface Scaling {
  readonly minReplicas: number
  readonly maxReplicas: number
  /** Of the CPU and memory requested. */
  readonly cpuPercent?: number
  readonly memoryPercent?: number
  readonly schedule?: readonly Peak[]
  readonly scaleUp?: ScalingPace
  readonly scaleDown?: ScalingPace
}

/** Replicas kept from `start` to `end`, cron expressions of five fields. */
export interface Peak {
  readonly start: string
  readonly end: string
  readonly timeZone?: string
  readonly replicas: number
}

export interface ScalingPace {
  readonly stabilizationSeconds?: number
  readonly pods?: number
  readonly percent?: number
  readonly periodSeconds?: number
}

export interface Stage extends Placement {
  readonly name: string
  readonly consumes: readonly TopicRef[]
  readonly emits?: readonly TopicRef[]
  readonly consumerGroup?: string
  readonly concurrency?: number
  readonly workSeconds?: number
  readonly scaling: StageScaling
  readonly retry?: Retry
}

/** On what a stage is scaled; absent means Lag. */
export type ScalingPolicy = 'Lag' | 'Flow'

export interface StageScaling extends Scaling {
  readonly policy?: ScalingPolicy
  readonly lagPerReplica?: number
  readonly drainSeconds?: number
  readonly pollingIntervalSeconds?: number
  readonly prometheus?: { readonly query: string; readonly perReplica: number }
}

export interface Retry {
  readonly attempts?: number
  readonly backoffSeconds?: number
}

export interface Gateway extends Placement {
  readonly emits?: readonly TopicRef[]
  readonly scaling: Scaling
  readonly service?: GatewayService
}

export interface GatewayService {
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer'
  readonly nodePort?: number
}

export interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly secretKeyRef?: { readonly name: string; readonly key: string }
}

export interface Resources {
  readonly requests?: Readonly<Record<string, string | number>>
  readonly limits?: Readonly<Record<string, string | number>>
}

export interface Toleration {
  readonly key?: string
  readonly operator?: 'Exists' | 'Equal'
  readonly value?: string
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
  readonly tolerationSeconds?: number
}

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
