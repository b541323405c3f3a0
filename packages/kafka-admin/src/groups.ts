// Which consumer groups are there, what do they consume, and how long has their next message
// waited? Every broker is asked at once, since each knows the groups it coordinates and the
// partitions it leads.
import { listGroupsV4, listOffsetsV7, offsetFetchV8 } from '@platformatic/kafka'
import type { KafkaConnection } from './connection.ts'
import type { GroupQuery } from './offsets.ts'
import { KafkaUnavailableError } from './unavailable.ts'

/**
 * The groups whose id begins with `prefix`, each with the topics it has committed offsets of.
 * @throws KafkaUnavailableError when any broker does not answer: the groups it knows would be
 * missed
 */
export async function groupsNamed(kafka: KafkaConnection, prefix: string): Promise<readonly GroupQuery[]> {
  const { brokers } = await kafka.metadata([])
  const queriesByBroker = await Promise.all(
    brokers.map(async ({ nodeId }) => {
      const { groups } = await kafka.request(nodeId, listGroupsV4.api, [], [])
      const ids = groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(prefix))
      return ids.length === 0 ? [] : topicsOf(kafka, nodeId, ids)
    }),
  )
  return queriesByBroker.flat()
}

async function topicsOf(kafka: KafkaConnection, nodeId: number, groups: readonly string[]): Promise<GroupQuery[]> {
  const everything = groups.map((groupId) => ({ groupId, memberEpoch: -1, topics: null }))
  const answer = await kafka.request(nodeId, offsetFetchV8.api, everything, false)
  return answer.groups
    .filter(({ errorCode, topics }) => errorCode === 0 && topics.length > 0)
    .map(({ groupId, topics }) => ({ group: groupId, topics: topics.map(({ name }) => name) }))
}

/**
 * By topic and partition, for each of the times the offset of the first message that is not older;
 * `undefined`: all are older.
 */
export type OffsetsSince = ReadonlyMap<string, ReadonlyMap<number, readonly (number | undefined)[]>>

/**
 * One request a broker for each of the times; each is a search in an index for every partition that
 * is named.
 * @throws KafkaUnavailableError when a partition does not answer
 */
export async function offsetsSince(
  kafka: KafkaConnection,
  topicPartitions: readonly { readonly topic: string; readonly partition: number }[],
  times: readonly Date[],
): Promise<OffsetsSince> {
  if (topicPartitions.length === 0) return new Map()
  const requestedKeys = new Set(topicPartitions.map(({ topic, partition }) => `${topic}/${partition}`))
  const metadata = await kafka.metadata([...new Set(topicPartitions.map(({ topic }) => topic))])
  const ledBy = new Map<number, Map<string, number[]>>()
  for (const { name, partitions } of metadata.topics)
    for (const { leaderId, partitionIndex } of partitions) {
      if (!requestedKeys.has(`${name ?? ''}/${partitionIndex}`)) continue
      const ledPartitions = ledBy.get(leaderId) ?? new Map<string, number[]>()
      ledPartitions.set(name ?? '', [...(ledPartitions.get(name ?? '') ?? []), partitionIndex])
      ledBy.set(leaderId, ledPartitions)
    }
  const offsetsByTopic = new Map<string, Map<number, (number | undefined)[]>>()
  const ask = async (node: number, ledPartitions: ReadonlyMap<string, readonly number[]>, index: number) => {
    const timestamp = BigInt(times[index]?.getTime() ?? 0)
    const request = [...ledPartitions].map(([name, indexes]) => ({
      name,
      partitions: indexes.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp })),
    }))
    const answer = await kafka.request(node, listOffsetsV7.api, -1, 0, request)
    for (const { name, partitions } of answer.topics)
      for (const { partitionIndex, errorCode, offset } of partitions) {
        if (errorCode !== 0)
          throw new KafkaUnavailableError('Unreachable', `partition ${partitionIndex} of topic ${name}`)
        const of = offsetsByTopic.get(name) ?? new Map<number, (number | undefined)[]>()
        const offsets = of.get(partitionIndex) ?? times.map(() => undefined)
        offsets[index] = offset < 0n ? undefined : Number(offset)
        offsetsByTopic.set(name, of.set(partitionIndex, offsets))
      }
  }
  await Promise.all(
    [...ledBy].flatMap(([node, ledPartitions]) => times.map((_, index) => ask(node, ledPartitions, index))),
  )
  return offsetsByTopic
}
