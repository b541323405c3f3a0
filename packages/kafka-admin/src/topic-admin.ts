// How are topics described and changed in a real Kafka? By the newest requests: only they have
// topic ids and change single configurations.
import {
  ConfigResourceTypes,
  ConfigSources,
  IncrementalAlterConfigOperationTypes,
  createPartitionsV3,
  createTopicsV7,
  deleteTopicsV6,
  describeConfigsV4,
  incrementalAlterConfigsV1,
} from '@platformatic/kafka'
import { codeOf, outcomeOf, failure, topicIdText, topicUuid, unknownTopic, unknownTopicId } from './answers.ts'
import type { KafkaConnection } from './connection.ts'
import type { DescribedConfig, DescribedTopic, NewTopic, Outcome, TopicAdmin, TopicError } from './outcome.ts'

/** The broker cancels a change that takes longer. */
const changeTimeoutMs = 30_000
/** The controller refuses more than 10,000 in one request. */
const partitionsPerRequest = 5_000

export function topicAdmin(kafka: KafkaConnection): TopicAdmin {
  const tombstones = new Tombstones()
  return {
    clusterId: async () => (await kafka.metadata([])).clusterId ?? undefined,
    describe: (names) => describe(kafka, names, tombstones),
    validate: async (topics) =>
      new Map(
        [...(await create(kafka, topics, true))].map(([name, outcome]) => [name, outcome.ok ? nothing : outcome]),
      ),
    create: (topics) => create(kafka, topics, false),
    alter: (changes) => alter(kafka, changes),
    grow: (partitions) => grow(kafka, partitions),
    delete: (names) => deleteTopics(kafka, names, tombstones),
    deleteByIds: (ids) => deleteByIds(kafka, ids, tombstones),
    close: () => kafka.close(),
  }
}

/**
 * The ids of topics deleted here. A busy broker goes on describing a deleted topic for seconds, and
 * a new resource of the same name must not take that for its own. Ids are never used again, so the
 * oldest may be forgotten.
 */
class Tombstones {
  readonly #ids = new Set<string>()

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  add(id: string): void {
    this.#ids.add(id)
    const [oldest] = this.#ids
    if (this.#ids.size > 10_000 && oldest !== undefined) this.#ids.delete(oldest)
  }
}

async function describe(kafka: KafkaConnection, names: readonly string[], tombstones: Tombstones) {
  const outcomes = new Map<string, Outcome<DescribedTopic | undefined>>()
  const topics = await topicsNamed(kafka, names)
  const existing = topics.filter(({ errorCode }) => errorCode === 0).map(({ name }) => name ?? '')
  const configs = await describeConfigs(kafka, existing)
  for (const { name, errorCode, topicId, partitions } of topics) {
    const ofTopic = configs.get(name ?? '')
    if (tombstones.has(topicIdText(topicId))) outcomes.set(name ?? '', { ok: true, value: undefined })
    else if (errorCode !== 0 || !ofTopic) outcomes.set(name ?? '', absentOr(failure(errorCode, null)))
    else if (!ofTopic.ok) outcomes.set(name ?? '', absentOr(ofTopic))
    else {
      const sortedPartitions = [...partitions].sort((a, b) => a.partitionIndex - b.partitionIndex)
      const replicationFactors = sortedPartitions.map(({ replicaNodes }) => replicaNodes.length)
      const description = { topicId: topicIdText(topicId), partitions: sortedPartitions.length, replicationFactors }
      outcomes.set(name ?? '', { ok: true, value: { ...description, configs: ofTopic.value } })
    }
  }
  return outcomes
}

function absentOr(answer: { readonly ok: false; readonly error: TopicError }): Outcome<undefined> {
  return answer.error.code === unknownTopic ? { ok: true, value: undefined } : answer
}

async function topicsNamed(kafka: KafkaConnection, names: readonly string[]) {
  if (names.length === 0) return []
  const { topics } = await kafka.metadata(names)
  return topics
}

async function describeConfigs(kafka: KafkaConnection, names: readonly string[]) {
  const outcomes = new Map<string, Outcome<Map<string, DescribedConfig>>>()
  if (names.length === 0) return outcomes
  const resources = names.map((name) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName: name }))
  const { results } = await kafka.request('any', describeConfigsV4.api, resources, false, false)
  for (const { resourceName, errorCode, errorMessage, configs } of results) {
    const entries = configs.map(({ name, value, configSource }) => {
      return [name, { value: value ?? null, dynamic: configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG }] as const
    })
    outcomes.set(
      resourceName,
      errorCode === 0 ? { ok: true, value: new Map(entries) } : failure(errorCode, errorMessage),
    )
  }
  return outcomes
}

const nothing: Outcome<void> = { ok: true, value: undefined }

async function create(kafka: KafkaConnection, topics: readonly NewTopic[], validateOnly: boolean) {
  const outcomes = new Map<string, Outcome<string>>()
  for (const chunk of chunks(topics)) {
    const request = chunk.map(({ name, partitions, replicas, configs }) => ({
      name,
      numPartitions: partitions,
      replicationFactor: replicas,
      assignments: [],
      configs: [...configs].map(([config, value]) => ({ name: config, value })),
    }))
    const response = await kafka.request('controller', createTopicsV7.api, request, changeTimeoutMs, validateOnly)
    for (const { name, topicId, errorCode, errorMessage } of response.topics)
      outcomes.set(name, errorCode === 0 ? { ok: true, value: topicIdText(topicId) } : failure(errorCode, errorMessage))
  }
  return outcomes
}

function* chunks(topics: readonly NewTopic[]): Generator<NewTopic[]> {
  let chunk: NewTopic[] = []
  let partitions = 0
  for (const topic of topics) {
    const more = Math.max(topic.partitions, 1)
    if (chunk.length > 0 && partitions + more > partitionsPerRequest) {
      yield chunk
      chunk = []
      partitions = 0
    }
    chunk.push(topic)
    partitions += more
  }
  if (chunk.length > 0) yield chunk
}

async function alter(kafka: KafkaConnection, changes: ReadonlyMap<string, ReadonlyMap<string, string | null>>) {
  if (changes.size === 0) return new Map<string, Outcome<void>>()
  const { SET, DELETE } = IncrementalAlterConfigOperationTypes
  const resources = [...changes].map(([resourceName, configs]) => ({
    resourceType: ConfigResourceTypes.TOPIC,
    resourceName,
    configs: [...configs].map(([name, value]) =>
      value === null ? { name, configOperation: DELETE } : { name, configOperation: SET, value },
    ),
  }))
  const { responses } = await kafka.request('controller', incrementalAlterConfigsV1.api, resources, false)
  return new Map(
    responses.map(({ resourceName, errorCode, errorMessage }) => [resourceName, outcomeOf(errorCode, errorMessage)]),
  )
}

async function grow(kafka: KafkaConnection, partitions: ReadonlyMap<string, number>) {
  if (partitions.size === 0) return new Map<string, Outcome<void>>()
  const topics = [...partitions].map(([name, count]) => ({ name, count, assignments: null }))
  const { results } = await kafka.request('controller', createPartitionsV3.api, topics, changeTimeoutMs, false)
  return new Map(results.map(({ name, errorCode, errorMessage }) => [name, outcomeOf(errorCode, errorMessage)]))
}

async function deleteTopics(kafka: KafkaConnection, names: readonly string[], tombstones: Tombstones) {
  const outcomes = new Map<string, Outcome<void>>()
  if (names.length === 0) return outcomes
  const topics = names.map((name) => ({ name }))
  const { responses } = await kafka.request('controller', deleteTopicsV6.api, topics, changeTimeoutMs)
  for (const { name, topicId, errorCode, errorMessage } of responses) {
    const isDeleted = errorCode === 0 || codeOf(errorCode) === unknownTopic
    if (errorCode === 0) tombstones.add(topicIdText(topicId))
    outcomes.set(name ?? '', isDeleted ? { ok: true, value: undefined } : failure(errorCode, errorMessage))
  }
  return outcomes
}

async function deleteByIds(kafka: KafkaConnection, ids: readonly string[], tombstones: Tombstones) {
  const outcomes = new Map<string, Outcome<void>>()
  if (ids.length === 0) return outcomes
  const topics = ids.map((id) => ({ name: null, topicId: topicUuid(id) }))
  const { responses } = await kafka.request('controller', deleteTopicsV6.api, topics, changeTimeoutMs)
  for (const { topicId, errorCode, errorMessage } of responses) {
    const id = topicIdText(topicId)
    const isDeleted = errorCode === 0 || codeOf(errorCode) === unknownTopicId
    if (isDeleted) tombstones.add(id)
    outcomes.set(id, isDeleted ? { ok: true, value: undefined } : failure(errorCode, errorMessage))
  }
  return outcomes
}
