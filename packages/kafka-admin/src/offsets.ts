// How far has each consumer group come? Read in a handful of requests however many groups and
// topics there are: one for the metadata, two to each broker for the ends of the partitions it
// leads, one for the coordinators, one to each coordinator for what its groups have committed.
import { findCoordinatorV4, listOffsetsV7, offsetFetchV8 } from '@platformatic/kafka'
import { failure } from './answers.ts'
import type { KafkaConnection } from './connection.ts'
import { KafkaUnavailableError } from './unavailable.ts'

export interface GroupQuery {
  readonly group: string
  readonly topics: readonly string[]
}

export interface PartitionOffsets {
  readonly topic: string
  readonly partition: number
  readonly low: number
  readonly high: number
  /** `undefined`: the group has committed nothing for it. */
  readonly committed: number | undefined
  /** What the group has noted with the offset; empty where it notes nothing. */
  readonly metadata: string
}

/** Whether any message was ever written to them; a topic that does not answer is absent. */
export async function everWritten(
  kafka: KafkaConnection,
  topics: readonly string[],
): Promise<ReadonlyMap<string, boolean>> {
  if (topics.length === 0) return new Map()
  const ends = await endsOf(kafka, topics, [])
  return new Map([...ends].map(([topic, of]) => [topic, [...of.values()].some(({ high }) => high > 0)]))
}

/**
 * The ends of each topic's partitions; a topic of which some do not answer is absent. @throws
 * KafkaUnavailableError
 */
export function readEnds(
  kafka: KafkaConnection,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, { readonly low: number; readonly high: number }>>> {
  return topics.length === 0 ? Promise.resolve(new Map()) : endsOf(kafka, topics, [])
}

type Ends = Pick<PartitionOffsets, 'low' | 'high'>
/** By topic and partition. */
type EndsOf = ReadonlyMap<string, ReadonlyMap<number, Ends>>
type Committed = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<number, CommittedPosition>>>

interface CommittedPosition {
  /** Negative: none. */
  readonly offset: number
  readonly metadata: string
}

/**
 * The partitions of every group all of whose topics and offsets could be read; a group of which
 * some could not is absent, since half a lag misleads more than none.
 * @throws KafkaUnavailableError when nothing can be read
 */
export async function readOffsets(
  kafka: KafkaConnection,
  queries: readonly GroupQuery[],
): Promise<ReadonlyMap<string, readonly PartitionOffsets[]>> {
  if (queries.length === 0) return new Map()
  const topics = [...new Set(queries.flatMap((query) => query.topics))]
  const problems: unknown[] = []
  const ends = await endsOf(kafka, topics, problems)
  const readable = queries.filter((query) => query.topics.every((topic) => ends.has(topic)))
  const committedOffsets =
    readable.length === 0 ? new Map<string, never>() : await committedBy(kafka, readable, ends, problems)
  if (committedOffsets.size === 0 && problems.length > 0) throw problems[0]
  return new Map(
    readable.flatMap(({ group, topics: groupTopics }) => {
      const offsets = committedOffsets.get(group)
      return offsets ? [[group, groupTopics.flatMap((topic) => partitionsOf(topic, ends, offsets))] as const] : []
    }),
  )
}

function partitionsOf(
  topic: string,
  ends: EndsOf,
  offsets: ReadonlyMap<string, ReadonlyMap<number, CommittedPosition>>,
): PartitionOffsets[] {
  return [...(ends.get(topic) ?? [])]
    .sort(([a], [b]) => a - b)
    .map(([partition, { low, high }]) => {
      const { offset = -1, metadata = '' } = offsets.get(topic)?.get(partition) ?? {}
      return { topic, partition, low, high, committed: offset < 0 ? undefined : offset, metadata }
    })
}

const [earliest, latest] = [-2n, -1n]

/** Topics all of whose partitions have reported both of their ends. */
async function endsOf(kafka: KafkaConnection, topics: readonly string[], problems: unknown[]): Promise<EndsOf> {
  const metadata = await kafka.metadata(topics)
  const ledBy = new Map<number, Map<string, number[]>>()
  const counts = new Map<string, number>()
  for (const { name, errorCode, partitions } of metadata.topics) {
    if (typeof name !== 'string' || errorCode !== 0) {
      problems.push(refusal(`topic ${name ?? '?'}`, errorCode))
      continue
    }
    counts.set(name, partitions.length)
    for (const { leaderId, partitionIndex } of partitions) {
      const ledPartitions = ledBy.get(leaderId) ?? new Map<string, number[]>()
      ledPartitions.set(name, [...(ledPartitions.get(name) ?? []), partitionIndex])
      ledBy.set(leaderId, ledPartitions)
    }
  }
  const endsByTopic = new Map<string, Map<number, Ends>>()
  ledBy.delete(-1) // no leader at present: such a topic stays incomplete
  await eachNode(ledBy.entries(), problems, async ([node, ledPartitions]) => {
    const at = async (timestamp: bigint) => {
      const requestTopics = [...ledPartitions].map(([name, indexes]) => ({
        name,
        partitions: indexes.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp })),
      }))
      return kafka.request(node, listOffsetsV7.api, -1, 0, requestTopics)
    }
    const [lows, highs] = await Promise.all([at(earliest), at(latest)])
    const low = new Map(
      lows.topics.flatMap((topic) => topic.partitions.map((one) => [`${topic.name}/${one.partitionIndex}`, one])),
    )
    for (const topic of highs.topics)
      for (const { partitionIndex, errorCode, offset } of topic.partitions) {
        const begin = low.get(`${topic.name}/${partitionIndex}`)
        const code = errorCode || (begin?.errorCode ?? 0)
        if (code !== 0 || !begin) {
          problems.push(refusal(`partition ${partitionIndex} of topic ${topic.name}`, code))
          continue
        }
        const of = endsByTopic.get(topic.name) ?? new Map<number, Ends>()
        endsByTopic.set(topic.name, of.set(partitionIndex, { low: Number(begin.offset), high: Number(offset) }))
      }
  })
  return new Map([...endsByTopic].filter(([topic, partitions]) => partitions.size === counts.get(topic)))
}

async function committedBy(
  kafka: KafkaConnection,
  queries: readonly GroupQuery[],
  ends: EndsOf,
  problems: unknown[],
): Promise<Committed> {
  const { coordinators } = await kafka.request('any', findCoordinatorV4.api, 0, [
    ...new Set(queries.map(({ group }) => group)),
  ])
  const coordinatedBy = new Map<number, string[]>()
  for (const { key, nodeId, errorCode } of coordinators) {
    if (errorCode === 0) coordinatedBy.set(nodeId, [...(coordinatedBy.get(nodeId) ?? []), key])
    else problems.push(refusal(`the coordinator of group ${key}`, errorCode))
  }
  const topicsOf = (group: string) => [
    ...new Set(queries.filter((query) => query.group === group).flatMap(({ topics }) => topics)),
  ]
  const committedOffsets = new Map<string, ReadonlyMap<string, ReadonlyMap<number, CommittedPosition>>>()
  await eachNode(coordinatedBy.entries(), problems, async ([node, groups]) => {
    const requestGroups = groups.map((groupId) => ({
      groupId,
      memberEpoch: -1,
      topics: topicsOf(groupId).map((name) => ({ name, partitionIndexes: [...(ends.get(name)?.keys() ?? [])] })),
    }))
    const answer = await kafka.request(node, offsetFetchV8.api, requestGroups, false)
    for (const { groupId, errorCode, topics } of answer.groups) {
      const code =
        errorCode || (topics.flatMap(({ partitions }) => partitions).find((one) => one.errorCode !== 0)?.errorCode ?? 0)
      if (code !== 0) problems.push(refusal(`group ${groupId}`, code))
      else
        committedOffsets.set(
          groupId,
          new Map(
            topics.map(({ name, partitions }) => [
              name,
              new Map(
                partitions.map(({ partitionIndex, committedOffset, metadata }) => [
                  partitionIndex,
                  { offset: Number(committedOffset), metadata: metadata ?? '' },
                ]),
              ),
            ]),
          ),
        )
    }
  })
  return committedOffsets
}

/** A broker that is unavailable takes only the partitions that it leads with it. */
async function eachNode<T>(nodes: Iterable<T>, problems: unknown[], ask: (node: T) => Promise<void>): Promise<void> {
  for (const result of await Promise.allSettled([...nodes].map(ask)))
    if (result.status === 'rejected') problems.push(result.reason)
}

function refusal(what: string, errorCode: number): KafkaUnavailableError {
  const { code, message } = failure(errorCode, null).error
  return new KafkaUnavailableError('Unreachable', `${what}: ${code}: ${message}`)
}
