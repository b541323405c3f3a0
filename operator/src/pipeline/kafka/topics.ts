// Which KafkaTopics does a pipeline need, and with how many partitions?
import type {
  ChildObject,
  KafkaTopic,
  KafkaTopicSpec,
  OrderPipeline,
  OrderPipelineSpec,
  Problem,
  StageScaling,
  Topic,
} from '../../api/index.ts'
import { kafkaTopicNamed } from '../children/live.ts'
import { deadLetterTopic, labels, namespaceOf, ownerReference, topicName } from '../children/names.ts'

/**
 * An autoscaler never exceeds lag threshold × partitions and stops within 10 % of its goal, so it
 * needs 1.1 × as many.
 */
export function partitionsFor(maxReplicas: number): number {
  return Math.ceil((maxReplicas * 11) / 10)
}

/** The number of replicas that an autoscaler on lag reaches with this many partitions. */
export function reachWith(partitions: number): number {
  return Math.floor((partitions * 10) / 11)
}

/**
 * The same for a stage: on flow the autoscaler gets the number of replicas itself, which no
 * tolerance cuts off.
 */
export function reachOf({ policy }: Pick<StageScaling, 'policy'>, partitions: number): number {
  return policy === 'Flow' ? partitions : reachWith(partitions)
}

/** Partitions with which a stage reaches its `maxReplicas`. */
export function partitionsOf({ policy, maxReplicas }: Pick<StageScaling, 'policy' | 'maxReplicas'>): number {
  return policy === 'Flow' ? maxReplicas : partitionsFor(maxReplicas)
}

const unconsumedPartitions = 3
const deadLetterPartitions = 3
const deadLetterRetentionHours = 14 * 24

/**
 * Partitions of a new topic whose spec gives none: enough for its largest consumer, in steps of 10.
 * A stage on flow needs no more than its replicas: with a partition for each of them the last
 * messages of a backlog do not wait for the few replicas that have two.
 */
export function derivedPartitions(spec: OrderPipelineSpec, topic: string): number {
  const neededPartitions = spec.stages
    .filter((stage) => stage.consumes.some((consumed) => consumed.topic === topic))
    .map(({ scaling }) => partitionsOf(scaling))
  return neededPartitions.length === 0 ? unconsumedPartitions : Math.ceil(Math.max(...neededPartitions) / 10) * 10
}

/** A topic of a pipeline, whether Strimzi or the operator creates it. */
export interface DesiredTopic {
  readonly name: string
  /** The stage whose dead letters it holds. */
  readonly stage: string | undefined
  readonly spec: KafkaTopicSpec
}

/**
 * The topics of a pipeline. An existing one keeps its partitions, `current` by name, unless the
 * spec says a number: growing a topic moves keys to other partitions, which breaks the order of
 * what is in flight, so it is done only on request.
 */
export function desiredTopicsOf(
  { metadata, spec }: OrderPipeline,
  current: ReadonlyMap<string, number | undefined>,
): DesiredTopic[] {
  const declared = spec.topics.map((topic): DesiredTopic => {
    const name = topicName(metadata.name, topic.name)
    const partitions = topic.partitions ?? current.get(name) ?? derivedPartitions(spec, topic.name)
    const entries = {
      'retention.ms': hoursInMs(topic.retentionHours),
      'min.insync.replicas': topic.minInSyncReplicas,
      'cleanup.policy': topic.cleanupPolicy,
    }
    return { name, stage: undefined, spec: { partitions, ...replication(topic), ...config(entries) } }
  })
  const deadLetters = spec.stages.map((stage): DesiredTopic => {
    const name = deadLetterTopic(metadata.name, stage.name)
    const partitions = current.get(name) ?? deadLetterPartitions
    const entries = { 'retention.ms': hoursInMs(deadLetterRetentionHours) }
    return { name, stage: stage.name, spec: { partitions, ...config(entries) } }
  })
  return [...declared, ...deadLetters]
}

/**
 * Topics that would have to lose partitions, which Kafka refuses. The schema only compares numbers
 * that the spec had before. Checked before a KafkaTopic is changed: a refused KafkaTopic stays
 * refused until it has the right number again.
 */
export function shrinkProblems(pipeline: OrderPipeline, children: readonly ChildObject[]): Problem[] {
  return pipeline.spec.topics.flatMap(({ name, partitions }): Problem[] => {
    const has = kafkaTopicNamed(pipeline, topicName(pipeline.metadata.name, name), children)?.spec.partitions
    if (partitions === undefined || has === undefined || partitions >= has) return []
    const message = `the topic has ${has} partitions, which cannot shrink: set ${has} or more, or remove the number; for fewer, create a topic with another name`
    return [{ path: `spec.topics[${name}].partitions`, reason: 'PartitionsShrink', message }]
  })
}

/**
 * None where Kafka is not a Strimzi cluster: then the operator manages topics itself
 * (external-topics.ts).
 */
export function kafkaTopics(pipeline: OrderPipeline, existing: readonly KafkaTopic[]): KafkaTopic[] {
  const { kafka } = pipeline.spec
  if (!('strimziCluster' in kafka)) return []
  const current = new Map(existing.map((topic) => [topic.metadata.name, topic.spec.partitions]))
  return desiredTopicsOf(pipeline, current).map((topic) => kafkaTopic(pipeline, kafka.strimziCluster, topic))
}

function replication(topic: Topic): Pick<KafkaTopicSpec, 'replicas'> {
  return topic.replicationFactor === undefined ? {} : { replicas: topic.replicationFactor }
}

function hoursInMs(hours: number | undefined): number | undefined {
  return hours === undefined ? undefined : hours * 3_600_000
}

/** For what the spec leaves out the Kafka cluster's defaults apply. */
function config(entries: Readonly<Record<string, string | number | undefined>>): Pick<KafkaTopicSpec, 'config'> {
  const definedEntries = Object.entries(entries).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined,
  )
  return definedEntries.length === 0 ? {} : { config: Object.fromEntries(definedEntries) }
}

/**
 * A retained topic has no owner reference: with one the garbage collector would delete it with the
 * pipeline.
 */
function kafkaTopic(pipeline: OrderPipeline, cluster: string, { name, stage, spec }: DesiredTopic): KafkaTopic {
  return {
    apiVersion: 'kafka.strimzi.io/v1',
    kind: 'KafkaTopic',
    metadata: {
      name,
      namespace: namespaceOf(pipeline),
      labels: { ...labels(pipeline.metadata.name, stage), 'strimzi.io/cluster': cluster },
      ...(pipeline.spec.deletionPolicy === 'Delete' ? { ownerReferences: [ownerReference(pipeline)] } : {}),
    },
    spec,
  }
}
