// What does a KafkaTopic resource contain? Its fields as Strimzi's v1 API has them, and what
// follows from its labels and annotations. Pure.

export const apiGroup = 'kafka.strimzi.io'
export const apiVersion = 'v1'
export const clusterLabel = 'strimzi.io/cluster'
export const finalizer = 'strimzi.io/topic-operator'

export interface KafkaTopic {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid: string
    readonly resourceVersion: string
    readonly generation: number
    /** RFC 3339, whole seconds. */
    readonly creationTimestamp: string
    readonly deletionTimestamp?: string
    readonly finalizers?: readonly string[]
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: {
    readonly topicName?: string
    readonly partitions?: number
    readonly replicas?: number
    readonly config?: Readonly<Record<string, unknown>>
  }
  readonly status?: KafkaTopicStatus
}

export interface KafkaTopicStatus {
  readonly conditions?: readonly Condition[]
  readonly observedGeneration?: number
  readonly topicName?: string
  readonly topicId?: string
}

export interface Condition {
  readonly type: 'Ready' | 'Unmanaged' | 'ReconciliationPaused'
  readonly status: 'True' | 'False'
  readonly lastTransitionTime?: string
  readonly reason?: TopicConditionReason
  readonly message?: string
}

export type TopicConditionReason = 'NotSupported' | 'ResourceConflict' | 'KafkaError' | 'InternalError'

/** Why a topic cannot be as the resource requires. */
export interface Problem {
  readonly reason: TopicConditionReason
  readonly message: string
}

export function topicName(resource: KafkaTopic): string {
  return resource.spec?.topicName ?? resource.metadata.name
}

export function isManaged(resource: KafkaTopic): boolean {
  return resource.metadata.annotations?.['strimzi.io/managed'] !== 'false'
}

export function isPaused(resource: KafkaTopic): boolean {
  return resource.metadata.annotations?.['strimzi.io/pause-reconciliation'] === 'true'
}

export function isBeingDeleted(resource: KafkaTopic): boolean {
  return resource.metadata.deletionTimestamp !== undefined
}

export function hasFinalizer(resource: KafkaTopic): boolean {
  return resource.metadata.finalizers?.includes(finalizer) ?? false
}

export function isReady(resource: KafkaTopic): boolean {
  return resource.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}
