// To which offsets does a consumer group go back, so that it reads again what was written since a
// moment? Pure.
import { readAhead } from '@orderpipeline/kafka'
import type { CommittedOffset } from '@orderpipeline/kafka-admin'

export interface PartitionRewind extends CommittedOffset {
  /** Where it goes back to; `offset` is what is committed now. */
  readonly target: number
}

export interface GroupRewind {
  readonly group: string
  /** Those of a group with members are not changed. */
  readonly members: number
  /** Only partitions that go back. */
  readonly partitions: readonly PartitionRewind[]
  /** Messages that the group will read again. */
  readonly messages: number
  /**
   * Topics of which Kafka has already deleted messages that are younger than the moment or may be:
   * what they said is lost to this group.
   */
  readonly shortTopics: readonly string[]
}

export interface TopicPartitionFacts {
  readonly topic: string
  readonly partition: number
  /** The oldest offset that Kafka still has. */
  readonly low: number
  /** The first offset that is not older than the moment; undefined: there is none. */
  readonly since: number | undefined
}

/**
 * A group never goes forward: what it has not read yet it reads anyway. A partition without a
 * committed offset is read from its beginning.
 */
export function groupRewind(
  group: string,
  members: number,
  committed: readonly CommittedOffset[],
  facts: readonly TopicPartitionFacts[],
): GroupRewind {
  const partitions = committed.flatMap((one): PartitionRewind[] => {
    const fact = facts.find(({ topic, partition }) => topic === one.topic && partition === one.partition)
    const target = fact?.since === undefined ? one.offset : Math.max(fact.since, fact.low)
    // What was done ahead of the offset is to be done again.
    return target < one.offset ? [{ ...one, target, metadata: readAhead(one.metadata).metadata }] : []
  })
  const isShort = ({ topic, partition, low, since }: TopicPartitionFacts) =>
    low > 0 && since === low && partitions.some((one) => one.topic === topic && one.partition === partition)
  return {
    group,
    members,
    partitions,
    messages: partitions.reduce((sum, { offset, target }) => sum + offset - target, 0),
    shortTopics: [...new Set(facts.filter(isShort).map(({ topic }) => topic))],
  }
}
