// What has to be done about the topics of an external Kafka cluster? The semantics of KafkaTopics,
// without the objects: missing topics are made, those asked for bigger grow, configurations are put
// back; what is deleted is only what the operator has made and has on record by the id Kafka gave
// it, so that a topic of the same name that somebody else made is never taken for its own.
import type { OrderPipeline, RecordedTopic } from '../api/index.ts'
import { keyOf } from './names.ts'
import { wantedTopics, type WantedTopic } from './topics.ts'
import type { TopicProblem } from './external-topics-state.ts'

export type { ExternalTopics, TopicProblem } from './external-topics-state.ts'

/** A topic as Kafka describes it. */
export interface LiveTopic {
  readonly topicId: string
  readonly partitions: number
  /** Of each partition. */
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
   * What must be on record before anything is created or deleted: those to be made have no id yet.
   */
  readonly record: readonly RecordedTopic[]
  readonly problems: readonly TopicProblem[]
}

/**
 * Configurations that a spec can ask for: removed from a topic of ours when it no longer does. All
 * others are left to others.
 */
const specConfigs = ['retention.ms', 'min.insync.replicas', 'cleanup.policy']

const recordLimit = 500

/** Names to look at: what is wanted, and what was made. */
export const topicNames = (pipeline: OrderPipeline): string[] => [
  ...new Set([...wanted(pipeline, new Map()).map(({ name }) => name), ...recorded(pipeline).map(({ name }) => name)]),
]

/**
 * Changes whenever there is something to look at anew: another pipeline, other topics, another way
 * to them.
 */
export const topicsVersion = (pipeline: OrderPipeline): string => {
  const { uid, deletionTimestamp } = pipeline.metadata
  const { kafka, deletionPolicy } = pipeline.spec
  return JSON.stringify([uid, deletionTimestamp, kafka, deletionPolicy, wanted(pipeline, new Map())])
}

export const recorded = ({ status }: OrderPipeline): readonly RecordedTopic[] => status?.kafka?.topics ?? []

/** On record as about to be made: a crash in between leaves open whether it was. */
export const unconfirmed = (pipeline: OrderPipeline): string[] =>
  recorded(pipeline).flatMap(({ name, id }) => (id === undefined ? name : []))

const wanted = (pipeline: OrderPipeline, current: ReadonlyMap<string, number>): WantedTopic[] =>
  pipeline.metadata.deletionTimestamp === undefined ? wantedTopics(pipeline, current) : []

/**
 * `live` has every topic of `topicNames` that could be described, `undefined` for one that is not
 * there. `written`: whether anybody ever wrote to it, where that is known: one on record as about
 * to be made that is there and was never written to is ours.
 */
export const topicChanges = (
  pipeline: OrderPipeline,
  live: ReadonlyMap<string, LiveTopic | undefined>,
  written: ReadonlyMap<string, boolean>,
): TopicChanges => {
  const current = new Map([...live].flatMap(([name, topic]) => (topic ? [[name, topic.partitions] as const] : [])))
  const asked = wanted(pipeline, current)
  const names = new Set(asked.map(({ name }) => name))
  const owned = recorded(pipeline).flatMap((entry) => stillOurs(entry, live, written))
  const missing = asked.filter(({ name }) => live.has(name) && live.get(name) === undefined)
  const present = asked.flatMap((topic) => {
    const found = live.get(topic.name)
    return found ? [{ topic, found, ours: owned.some(({ name }) => name === topic.name) }] : []
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
        .map(({ topic, found, ours }) => [topic.name, configChanges(topic, found, ours)] as const)
        .filter(([, changes]) => changes.size > 0),
    ),
    grow: new Map(
      present.flatMap(({ topic, found }) => {
        const partitions = topic.spec.partitions ?? 0
        return partitions > found.partitions ? [[topic.name, partitions] as const] : []
      }),
    ),
    delete: owned.filter(goes),
    // What is wanted comes first, so that the limit never takes it off the record.
    record: entries
      .filter((entry) => !isReleased(pipeline, names, entry))
      .sort((a, b) => Number(names.has(b.name)) - Number(names.has(a.name)))
      .slice(0, recordLimit),
    problems: present.flatMap(({ topic, found }) => mismatches(topic, found)),
  }
}

/**
 * What Retain leaves behind is off the record for good: a later `deletionPolicy: Delete` must not
 * delete it.
 */
const isReleased = ({ spec }: OrderPipeline, wantedNames: ReadonlySet<string>, { name, id }: RecordedTopic): boolean =>
  spec.deletionPolicy !== 'Delete' && id !== undefined && !wantedNames.has(name)

/**
 * The entry as it holds now; nothing when the topic is another's. One with an id stays though the
 * topic does not show: a broker may not have heard of a new topic yet, and to delete by an id that
 * is gone does no harm.
 */
const stillOurs = (
  entry: RecordedTopic,
  live: ReadonlyMap<string, LiveTopic | undefined>,
  written: ReadonlyMap<string, boolean>,
): RecordedTopic[] => {
  const { name, id } = entry
  if (!live.has(name)) return [entry]
  const found = live.get(name)
  if (!found) return id === undefined ? [] : [entry]
  if (id !== undefined) return id === found.topicId ? [entry] : []
  const touched = written.get(name)
  if (touched === undefined) return [entry] // does not answer yet
  return touched ? [] : [{ name, id: found.topicId }]
}

/**
 * What is on record once it is known what came of it; an `id` of null: certainly not made, so what
 * had no id is none of ours.
 */
export const recordAfter = (
  record: readonly RecordedTopic[],
  made: ReadonlyMap<string, string | null>,
  deletedIds: ReadonlySet<string>,
): RecordedTopic[] =>
  record.flatMap((entry): RecordedTopic[] => {
    const id = made.get(entry.name)
    if (entry.id === undefined ? id === null : deletedIds.has(entry.id)) return []
    return [typeof id === 'string' ? { name: entry.name, id } : entry]
  })

const toMake = ({ name, spec }: WantedTopic): TopicToMake => ({
  name,
  partitions: spec.partitions ?? -1,
  replicas: spec.replicas ?? -1,
  configs: configsOf(spec),
})

const configsOf = ({ config = {} }: WantedTopic['spec']): Map<string, string> =>
  new Map(Object.entries(config).map(([name, value]) => [name, String(value)]))

const configChanges = ({ spec }: WantedTopic, found: LiveTopic, ours: boolean): Map<string, string | null> => {
  const asked = configsOf(spec)
  const changes = new Map<string, string | null>()
  for (const [name, value] of asked) if (found.configs.get(name)?.value !== value) changes.set(name, value)
  if (ours)
    for (const name of specConfigs)
      if (found.configs.get(name)?.dynamic === true && !asked.has(name)) changes.set(name, null)
  return changes
}

/** What the operator does not change by itself. */
const mismatches = ({ name, spec }: WantedTopic, found: LiveTopic): TopicProblem[] => {
  const { partitions = found.partitions, replicas } = spec
  const factors = [...new Set(found.replicationFactors)]
  const problems: string[] = []
  if (partitions < found.partitions)
    problems.push(
      `${name} has ${found.partitions} partitions, which never shrink: say partitions: ${found.partitions}, or make a new topic`,
    )
  if (replicas !== undefined && factors.some((factor) => factor !== replicas))
    problems.push(
      `${name} has ${factors.join(' and ')} copies of each partition instead of ${replicas}: reassign its partitions in Kafka, or say replicationFactor: ${factors[0] ?? 1}`,
    )
  return problems.map((message) => ({ reason: 'TopicsNotReady', message }))
}

/**
 * Why nothing may be done to the topics: they are in another cluster, or another pipeline's.
 * `others` may hold it too; `reachedAlike`: of which it is known that they are in this cluster,
 * though they have no record yet.
 */
export const notOurs = (
  pipeline: OrderPipeline,
  clusterId: string | undefined,
  others: readonly OrderPipeline[],
  reachedAlike: (other: OrderPipeline) => boolean = () => false,
): TopicProblem | undefined => {
  if (clusterId === undefined) return undefined
  const known = pipeline.status?.kafka?.clusterId
  if (known !== undefined && known !== clusterId)
    return {
      reason: 'KafkaClusterChanged',
      message: `bootstrapServers lead to Kafka cluster ${clusterId}, the topics and offsets are in ${known}: change them back, or make a new pipeline`,
    }
  const rival = rivalOf(pipeline, others, clusterId, reachedAlike)
  if (rival === undefined) return undefined
  const message = `topics ${pipeline.metadata.name}.* are those of pipeline ${rival}, which is older and in the same Kafka cluster: give this one another name`
  return { reason: 'NotOwned', message }
}

/**
 * Topics have no namespace: of two pipelines of one name in one Kafka cluster the older has them.
 */
const rivalOf = (
  pipeline: OrderPipeline,
  others: readonly OrderPipeline[],
  clusterId: string,
  reachedAlike: (other: OrderPipeline) => boolean,
): string | undefined =>
  others
    .filter((other) => other.metadata.name === pipeline.metadata.name && keyOf(other) !== keyOf(pipeline))
    .filter((other) => {
      const recordedIn = other.status?.kafka?.clusterId
      return recordedIn === undefined ? reachedAlike(other) : recordedIn === clusterId
    })
    .filter(
      (other) => age(other) - age(pipeline) < 0 || (age(other) === age(pipeline) && keyOf(other) < keyOf(pipeline)),
    )
    .map(keyOf)[0]

const age = ({ metadata }: OrderPipeline): number => Date.parse(metadata.creationTimestamp ?? '') || 0
