// What has been written to topics since the last look? It reads onward from there, with a bound on
// what one look reads, and without a consumer group. A topic without new messages costs its share
// of the two requests for the ends of all.
import type { KafkaConnection } from './connection.ts'
import { readEnds } from './offsets.ts'
import { recordsBetween } from './topic-reading.ts'
import type { TopicRecord } from './topic-reading.ts'

export interface TopicObserver {
  /**
   * The partition begins here now: earlier records are deleted. From 0 on, it is another topic than
   * before.
   */
  readonly begins: (topic: string, partition: number, offset: number) => void
  /** Each once, in the order of its partition. */
  readonly record: (record: TopicRecord) => void
}

export interface TopicFollower {
  /** Topics that have been read to the ends they had. @throws KafkaUnavailableError */
  look(topics: readonly string[]): Promise<ReadonlySet<string>>
}

const fetchesAtOnce = 4
const bytesAtOnce = 2 * 1024 * 1024

export function topicFollower(kafka: KafkaConnection, observer: TopicObserver): TopicFollower {
  /** The next offset, by topic and partition. */
  const positions = new Map<string, bigint>()
  const begins = new Map<string, number>()

  const positionOf = (place: string, topic: string, partition: number, low: number, high: number): bigint => {
    const position = positions.get(place)
    const isAnother = position !== undefined && position > BigInt(high)
    if (isAnother || begins.get(place) !== low) observer.begins(topic, partition, isAnother ? Number(position) : low)
    begins.set(place, low)
    return position === undefined || isAnother || position < BigInt(low) ? BigInt(low) : position
  }

  const forgetOthers = (topics: readonly string[]): void => {
    const followedTopics = new Set(topics)
    for (const place of begins.keys())
      if (!followedTopics.has(place.slice(0, place.lastIndexOf('/')))) {
        begins.delete(place)
        positions.delete(place)
      }
  }

  return {
    look: async (topics) => {
      forgetOthers(topics)
      const ends = await readEnds(kafka, topics)
      const whole = new Set(ends.keys())
      const behind = [...ends].flatMap(([topic, partitions]) =>
        [...partitions].flatMap(([partition, { low, high }]) => {
          const place = `${topic}/${partition}`
          const from = positionOf(place, topic, partition, low, high)
          positions.set(place, from)
          return from < BigInt(high) ? [{ topic, partition, place, from, to: BigInt(high) }] : []
        }),
      )
      if (behind.length === 0) return whole
      const descriptions = (await kafka.metadata([...new Set(behind.map(({ topic }) => topic))])).topics
      for (const { topic, partition, place, from, to } of behind) {
        const { topicId, partitions = [] } = descriptions.find(({ name }) => name === topic) ?? {}
        const leaderId = partitions.find(({ partitionIndex }) => partitionIndex === partition)?.leaderId
        let fetches = 0
        if (topicId !== undefined && leaderId !== undefined)
          for await (const { record, next } of recordsBetween(
            kafka,
            { topic, topicId, partition, leaderId },
            from,
            to,
            bytesAtOnce,
          )) {
            if (record) observer.record(record)
            positions.set(place, next)
            if (!record && (fetches += 1) >= fetchesAtOnce) break
          }
        if ((positions.get(place) ?? 0n) < to) whole.delete(topic)
      }
      return whole
    },
  }
}
