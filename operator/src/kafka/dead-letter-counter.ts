// How many dead letters wait for a person? All of a topic but those that a later mark says were
// replayed or discarded. The topic is read once in full, then from where the last read ended.
import { topicFollower } from '@orderpipeline/kafka-admin'
import type { KafkaConnection } from '@orderpipeline/kafka-admin'
import { markedOffset } from '@orderpipeline/kafka/dead-letter-marks'

export interface DeadLetterCounter {
  /**
   * By topic; one that has not been read to its end yet is absent. @throws KafkaUnavailableError
   */
  count(topics: readonly string[]): Promise<ReadonlyMap<string, number>>
}

/** The count stops here. */
export const maxOpenDeadLetters = 100_000

export function deadLetterCounter(kafka: KafkaConnection): DeadLetterCounter {
  /** Offsets of open dead letters, by topic and partition. */
  const open = new Map<string, Map<number, Set<number>>>()
  const openIn = (topic: string, partition: number): Set<number> => {
    const ofTopic = open.get(topic) ?? new Map<number, Set<number>>()
    open.set(topic, ofTopic)
    const ofPartition = ofTopic.get(partition) ?? new Set<number>()
    ofTopic.set(partition, ofPartition)
    return ofPartition
  }
  const countOf = (topic: string): number =>
    [...(open.get(topic)?.values() ?? [])].reduce((sum, { size }) => sum + size, 0)

  const follower = topicFollower(kafka, {
    begins: (topic, partition, first) => {
      const openOffsets = openIn(topic, partition)
      for (const offset of openOffsets) if (offset < first) openOffsets.delete(offset)
    },
    record: ({ topic, partition, offset, headers, value }) => {
      const closedOffset = markedOffset({ headers, value })
      if (closedOffset !== undefined) openIn(topic, partition).delete(closedOffset)
      else if (countOf(topic) < maxOpenDeadLetters) openIn(topic, partition).add(Number(offset))
    },
  })
  return {
    count: async (topics) => {
      const requestedTopics = new Set(topics)
      for (const topic of open.keys()) if (!requestedTopics.has(topic)) open.delete(topic)
      const whole = await follower.look(topics)
      return new Map([...whole].map((topic) => [topic, countOf(topic)]))
    },
  }
}
