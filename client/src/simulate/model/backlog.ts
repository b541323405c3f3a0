// Which messages wait where? Those of a stage's consumed topics, by partition, and whose turn each
// partition is.
import type { Random } from '@orderpipeline/traffic/trace'

export interface Backlog {
  /** Partitions of all consumed topics, one topic after the other. */
  readonly partitions: number
  /** Messages come, each by its key to some partition; `onArrival` is called for each. */
  arrive(topic: number, messages: number, onArrival: (partition: number) => void): void
  waitingIn(partition: number): number
  /** Takes up to so many; returns how many there were. */
  take(partition: number, most: number): number
  topicOf(partition: number): number
  /** Waiting on all topics, with at most so many of each partition. */
  waitingUpTo(ofPartition: number): number
  /** Waiting on a topic. */
  waiting(topic: number): number
}

/**
 * Keys spread over partitions at random. With `skew` above 0 the partition of rank r gets a share
 * of 1 / r^skew (Zipf), so that the first ones are hot.
 */
export function createBacklog(partitionsByTopic: readonly number[], skew: number, random: Random): Backlog {
  const first: number[] = []
  let partitions = 0
  for (const count of partitionsByTopic) {
    first.push(partitions)
    partitions += count
  }
  const waitingIn = new Int32Array(partitions)
  const topicOf = new Int32Array(partitions)
  for (const [topic, start] of first.entries()) topicOf.fill(topic, start, start + (partitionsByTopic[topic] ?? 0))
  const waiting = partitionsByTopic.map(() => 0)
  const picks = partitionsByTopic.map((count) => pickPartition(count, skew, random))

  return {
    partitions,
    arrive: (topic, messages, onArrival) => {
      const start = first[topic] ?? 0
      const pick = picks[topic]
      if (!pick) throw new RangeError(`no topic ${topic}`)
      for (let remaining = messages; remaining > 0; remaining -= 1) {
        const partition = start + pick()
        waitingIn[partition] = (waitingIn[partition] ?? 0) + 1
        onArrival(partition)
      }
      waiting[topic] = (waiting[topic] ?? 0) + messages
    },
    waitingIn: (partition) => waitingIn[partition] ?? 0,
    take: (partition, most) => {
      const there = waitingIn[partition] ?? 0
      const batchSize = Math.min(there, most)
      waitingIn[partition] = there - batchSize
      const topic = topicOf[partition] ?? 0
      waiting[topic] = (waiting[topic] ?? 0) - batchSize
      return batchSize
    },
    waitingUpTo: (ofPartition) => waitingIn.reduce((sum, count) => sum + Math.min(count, ofPartition), 0),
    topicOf: (partition) => topicOf[partition] ?? 0,
    waiting: (topic) => waiting[topic] ?? 0,
  }
}

function pickPartition(count: number, skew: number, random: Random): () => number {
  if (skew === 0) return () => Math.floor(random() * count)
  const upTo: number[] = []
  let sum = 0
  for (let rank = 1; rank <= count; rank += 1) upTo.push((sum += rank ** -skew))
  return () => {
    const at = random() * sum
    let [low, high] = [0, count - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((upTo[middle] ?? 0) > at) high = middle
      else low = middle + 1
    }
    return low
  }
}
