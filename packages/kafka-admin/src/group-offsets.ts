// How are the committed offsets of a consumer group changed from outside? By a commit of no member,
// which Kafka accepts only while the group has none.
import { describeGroupsV5, findCoordinatorV4, offsetCommitV8, offsetFetchV8 } from '@platformatic/kafka'
import { codeOf, failure } from './answers.ts'
import type { KafkaConnection } from './connection.ts'
import { KafkaUnavailableError } from './unavailable.ts'

export interface CommittedOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** What the group has noted with the offset; empty where it notes nothing. */
  readonly metadata: string
}

/** Its members would commit over the new offsets: nothing was changed. */
export class GroupInUseError extends Error {
  override readonly name = 'GroupInUseError'
  readonly reason = 'GroupInUse'
  readonly retry = false
}

/** Members of the group at present. @throws KafkaUnavailableError */
export async function memberCount(kafka: KafkaConnection, group: string): Promise<number> {
  const { groups } = await kafka.request(await coordinatorOf(kafka, group), describeGroupsV5.api, [group], false)
  const [answer] = groups
  if (!answer || (answer.errorCode !== 0 && answer.errorCode !== groupNotFound))
    throw refusal(`group ${group}`, answer?.errorCode ?? unknownServerError)
  return answer.members.length
}

/** Everything that the group has committed. @throws KafkaUnavailableError */
export async function committedOffsets(kafka: KafkaConnection, group: string): Promise<readonly CommittedOffset[]> {
  const everything = [{ groupId: group, memberEpoch: -1, topics: null }]
  const { groups } = await kafka.request(await coordinatorOf(kafka, group), offsetFetchV8.api, everything, true)
  const [answer] = groups
  if (!answer || answer.errorCode !== 0) throw refusal(`group ${group}`, answer?.errorCode ?? unknownServerError)
  return answer.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, committedOffset, metadata, errorCode }) => {
      if (errorCode !== 0) throw refusal(`group ${group}, partition ${partitionIndex} of ${name}`, errorCode)
      return { topic: name, partition: partitionIndex, offset: Number(committedOffset), metadata: metadata ?? '' }
    }),
  )
}

/**
 * All of them or, where the group has members, none. @throws GroupInUseError, KafkaUnavailableError
 */
export async function commitOffsets(
  kafka: KafkaConnection,
  group: string,
  offsets: readonly CommittedOffset[],
): Promise<void> {
  const topics = [...new Set(offsets.map(({ topic }) => topic))].map((name) => ({
    name,
    partitions: offsets
      .filter(({ topic }) => topic === name)
      .map(({ partition, offset, metadata }) => ({
        ...{ partitionIndex: partition, committedOffset: BigInt(offset) },
        ...{ committedLeaderEpoch: -1, committedMetadata: metadata },
      })),
  }))
  const coordinator = await coordinatorOf(kafka, group)
  const answer = await kafka.request(coordinator, offsetCommitV8.api, group, noGeneration, '', null, topics)
  for (const { name, partitions } of answer.topics)
    for (const { partitionIndex, errorCode } of partitions) {
      if (errorCode === unknownMember || errorCode === rebalanceInProgress)
        throw new GroupInUseError(`consumer group ${group} has members`)
      if (errorCode !== 0) throw refusal(`group ${group}, partition ${partitionIndex} of ${name}`, errorCode)
    }
}

/** The generation in a commit that is no member’s. */
const noGeneration = -1
const [unknownServerError, unknownMember, rebalanceInProgress, groupNotFound] = [-1, 25, 27, 69] as const

async function coordinatorOf(kafka: KafkaConnection, group: string): Promise<number> {
  await kafka.metadata([]) // so that the coordinator's address is known
  const { coordinators } = await kafka.request('any', findCoordinatorV4.api, 0, [group])
  const [answer] = coordinators
  if (!answer || answer.errorCode !== 0)
    throw refusal(`the coordinator of group ${group}`, answer?.errorCode ?? unknownServerError)
  return answer.nodeId
}

function refusal(what: string, errorCode: number): KafkaUnavailableError {
  const { message } = failure(errorCode, null).error
  return new KafkaUnavailableError('Unreachable', `${what}: ${codeOf(errorCode)}: ${message}`)
}
