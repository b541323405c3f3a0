// What has to be changed about the topics of an external Kafka cluster? The semantics of
// KafkaTopics, without the objects: missing topics are created, topics with more partitions in the
// spec grow, configurations are restored. The operator deletes only topics that it created and
// recorded with the id from Kafka, so a topic of the same name with another creator is never taken
// for its own.
import type { OrderPipeline, RecordedTopic } from '../../api/index.ts'
import { keyOf } from '../children/names.ts'
import { desiredTopicsOf } from './topics.ts'
import type { DesiredTopic } from './topics.ts'
import type { TopicProblem } from '../children/external-topics-state.ts'

export type { ExternalTopics, TopicProblem } from '../children/external-topics-state.ts'

/** A topic as Kafka describes it. */
export interface LiveTopic {
  readonly topicId: string
  readonly partitions: number
  /** The number of copies of each partition. */
  readonly replicationFactors: readonly number[]
  /** `dynamic`: set on this topic, rather than inherited. */
  readonly configs: ReadonlyMap<string, { readonly value: string | null; readonly dynamic: boolean }>
}

export interface TopicToMake {
  readonly name: string
  readonly partitions: number
  /** -1: the cluster's default. */
  readonly replicas: number
  readonly configs: ReadonlyMap<string, string>
}

export interface TopicChanges {
  readonly create: readonly TopicToMake[]
  /** Values to set; `null` to remove. */
  readonly alter: ReadonlyMap<string, ReadonlyMap<string, string | null>>
  readonly grow: ReadonlyMap<string, number>
  /** Topics to delete, by the ids on record. */
  readonly delete: readonly RecordedTopic[]
  /**
   * What must be recorded before any topic is created or deleted; a topic to be created has no id
   * yet.
   */
  readonly record: readonly RecordedTopic[]
  readonly problems: readonly TopicProblem[]
}

/**
 * Configurations that a spec can set: removed from a topic of ours when the spec no longer sets
 * them. All others belong to the users of the cluster.
 */
const specConfigs = ['retention.ms', 'min.insync.replicas', 'cleanup.policy']

const recordLimit = 500

/** Names of the topics to read: the desired ones, and the created ones. */
export function topicNames(pipeline: OrderPipeline): string[] {
  return [
    ...new Set([
      ...desiredTopics(pipeline, new Map()).map(({ name }) => name),
      ...recorded(pipeline).map(({ name }) => name),
    ]),
  ]
}

/**
 * Changes whenever the topics must be read again: another pipeline, other topics, another
 * connection.
 */
export function topicsVersion(pipeline: OrderPipeline): string {
  const { uid, deletionTimestamp } = pipeline.metadata
  const { kafka, deletionPolicy } = pipeline.spec
  return JSON.stringify([uid, deletionTimestamp, kafka, deletionPolicy, desiredTopics(pipeline, new Map())])
}

export function recorded({ status }: OrderPipeline): readonly RecordedTopic[] {
  return status?.kafka?.topics ?? []
}

/** Recorded as about to be created: after a crash it is unknown whether they were. */
export function unconfirmed(pipeline: OrderPipeline): string[] {
  return recorded(pipeline).flatMap(({ name, id }) => (id === undefined ? name : []))
}

function desiredTopics(pipeline: OrderPipeline, current: ReadonlyMap<string, number>): DesiredTopic[] {
  return pipeline.metadata.deletionTimestamp === undefined ? desiredTopicsOf(pipeline, current) : []
}

/**
 * `live` has every topic of `topicNames` that could be described, `undefined` for a missing one.
 * `hasWrites`: whether the topic has ever been written to, where that is known. A topic that is
 * recorded as about to be created, exists and was never written to is ours.
 */
export function topicChanges(
  pipeline: OrderPipeline,
  live: ReadonlyMap<string, LiveTopic | undefined>,
  hasWrites: ReadonlyMap<string, boolean>,
): TopicChanges {
  const current = new Map([...live].flatMap(([name, topic]) => (topic ? [[name, topic.partitions] as const] : [])))
  const desired = desiredTopics(pipeline, current)
  const names = new Set(desired.map(({ name }) => name))
  const owned = recorded(pipeline).flatMap((entry) => stillOurs(entry, live, hasWrites))
  const missing = desired.filter(({ name }) => live.has(name) && live.get(name) === undefined)
  const present = desired.flatMap((topic) => {
    const liveTopic = live.get(topic.name)
    return liveTopic ? [{ topic, liveTopic, ours: owned.some(({ name }) => name === topic.name) }] : []
  })
  const goes = ({ name, id }: RecordedTopic): boolean =>
    pipeline.spec.deletionPolicy === 'Delete' && !names.has(name) && id !== undefined
  const entries = [
    ...missing.flatMap(({ name }) => (owned.some((entry) => entry.name === name) ? [] : { name })),
    ...owned,
  ]
  return {
    create: missing.map(toMake),
    alter: new Map(
      present
        .map(({ topic, liveTopic, ours }) => [topic.name, configChanges(topic, liveTopic, ours)] as const)
        .filter(([, changes]) => changes.size > 0),
    ),
    grow: new Map(
      present.flatMap(({ topic, liveTopic }) => {
        const partitions = topic.spec.partitions ?? 0
        return partitions > liveTopic.partitions ? [[topic.name, partitions] as const] : []
      }),
    ),
    delete: owned.filter(goes),
    // Desired topics come first, so that the limit never removes them from the record.
    record: entries
      .filter((entry) => !isReleased(pipeline, names, entry))
      .sort((a, b) => Number(names.has(b.name)) - Number(names.has(a.name)))
      .slice(0, recordLimit),
    problems: present.flatMap(({ topic, liveTopic }) => mismatches(topic, liveTopic)),
  }
}

/**
 * A topic that Retain leaves behind is removed from the record for good: a later `deletionPolicy:
 * Delete` must not delete it.
 */
function isReleased({ spec }: OrderPipeline, desiredNames: ReadonlySet<string>, { name, id }: RecordedTopic): boolean {
  return spec.deletionPolicy !== 'Delete' && id !== undefined && !desiredNames.has(name)
}

/**
 * The entry as it is valid now; nothing when the topic is another owner's. An entry with an id
 * stays when the topic is not listed: a broker may not know a new topic yet, and deleting by the id
 * of a missing topic has no effect.
 */
function stillOurs(
  entry: RecordedTopic,
  live: ReadonlyMap<string, LiveTopic | undefined>,
  hasWrites: ReadonlyMap<string, boolean>,
): RecordedTopic[] {
  const { name, id } = entry
  if (!live.has(name)) return [entry]
  const liveTopic = live.get(name)
  if (!liveTopic) return id === undefined ? [] : [entry]
  if (id !== undefined) return id === liveTopic.topicId ? [entry] : []
  const wasWritten = hasWrites.get(name)
  if (wasWritten === undefined) return [entry] // unknown whether it was written to
  return wasWritten ? [] : [{ name, id: liveTopic.topicId }]
}

/**
 * The record once the results are known. An `id` of null means that the topic was certainly not
 * created, so an entry without an id is not ours.
 */
export function recordAfter(
  record: readonly RecordedTopic[],
  newIds: ReadonlyMap<string, string | null>,
  deletedIds: ReadonlySet<string>,
): RecordedTopic[] {
  return record.flatMap((entry): RecordedTopic[] => {
    const id = newIds.get(entry.name)
    if (entry.id === undefined ? id === null : deletedIds.has(entry.id)) return []
    return [typeof id === 'string' ? { name: entry.name, id } : entry]
  })
}

function toMake({ name, spec }: DesiredTopic): TopicToMake {
  return {
    name,
    partitions: spec.partitions ?? -1,
    replicas: spec.replicas ?? -1,
    configs: configsOf(spec),
  }
}

function configsOf({ config = {} }: DesiredTopic['spec']): Map<string, string> {
  return new Map(Object.entries(config).map(([name, value]) => [name, String(value)]))
}

function configChanges({ spec }: DesiredTopic, liveTopic: LiveTopic, ours: boolean): Map<string, string | null> {
  const desiredConfigs = configsOf(spec)
  const changes = new Map<string, string | null>()
  for (const [name, value] of desiredConfigs) if (liveTopic.configs.get(name)?.value !== value) changes.set(name, value)
  if (ours)
    for (const name of specConfigs)
      if (liveTopic.configs.get(name)?.dynamic === true && !desiredConfigs.has(name)) changes.set(name, null)
  return changes
}

/** Differences that the operator does not change by itself. */
function mismatches({ name, spec }: DesiredTopic, liveTopic: LiveTopic): TopicProblem[] {
  const { partitions = liveTopic.partitions, replicas } = spec
  const factors = [...new Set(liveTopic.replicationFactors)]
  const problems: string[] = []
  if (partitions < liveTopic.partitions)
    problems.push(
      `${name} has ${liveTopic.partitions} partitions, which cannot shrink: set partitions: ${liveTopic.partitions}, or create a new topic`,
    )
  if (replicas !== undefined && factors.some((factor) => factor !== replicas))
    problems.push(
      `${name} has ${factors.join(' and ')} copies of each partition instead of ${replicas}: reassign its partitions in Kafka, or set replicationFactor: ${factors[0] ?? 1}`,
    )
  return problems.map((message) => ({ reason: 'TopicsNotReady', message }))
}

/**
 * Why the topics must not be changed: they are in another cluster, or another pipeline's. `others`
 * may own them too; `reachedAlike`: whether another pipeline without a record is known to be in
 * this cluster.
 */
export function notOurs(
  pipeline: OrderPipeline,
  clusterId: string | undefined,
  others: readonly OrderPipeline[],
  reachedAlike: (other: OrderPipeline) => boolean = () => false,
): TopicProblem | undefined {
  if (clusterId === undefined) return undefined
  const recordedId = pipeline.status?.kafka?.clusterId
  if (recordedId !== undefined && recordedId !== clusterId)
    return {
      reason: 'KafkaClusterChanged',
      message: `bootstrapServers lead to Kafka cluster ${clusterId}, the topics and offsets are in ${recordedId}: change them back, or create a new pipeline`,
    }
  const rival = rivalOf(pipeline, others, clusterId, reachedAlike)
  if (rival === undefined) return undefined
  const message = `topics ${pipeline.metadata.name}.* belong to pipeline ${rival}, which is older and in the same Kafka cluster: give this pipeline another name`
  return { reason: 'NotOwned', message }
}

/**
 * Topics have no namespace: of two pipelines with the same name in one Kafka cluster the older one
 * owns them.
 */
function rivalOf(
  pipeline: OrderPipeline,
  others: readonly OrderPipeline[],
  clusterId: string,
  reachedAlike: (other: OrderPipeline) => boolean,
): string | undefined {
  return others
    .filter((other) => other.metadata.name === pipeline.metadata.name && keyOf(other) !== keyOf(pipeline))
    .filter((other) => {
      const recordedIn = other.status?.kafka?.clusterId
      return recordedIn === undefined ? reachedAlike(other) : recordedIn === clusterId
    })
    .filter(
      (other) => age(other) - age(pipeline) < 0 || (age(other) === age(pipeline) && keyOf(other) < keyOf(pipeline)),
    )
    .map(keyOf)[0]
}

function age({ metadata }: OrderPipeline): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0
}
