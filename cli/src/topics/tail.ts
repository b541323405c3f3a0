// What was written to a topic last, and what is written now? The newest records of each partition,
// then onward.
import { sleep } from '@orderpipeline/retry'
import { readEnds, recordsBetween } from '@orderpipeline/kafka-admin'
import type { KafkaConnection, ReadPartition, TopicRecord } from '@orderpipeline/kafka-admin'

export interface TailOptions {
  /** At most so many of what is there already, the newest. */
  readonly last: number
  /** Go on with what is written from now on, until the signal aborts. */
  readonly follow: boolean
  readonly signal: AbortSignal
}

const betweenLooksMs = 500

/** Undefined where there is no such topic, or none that this user may see. */
export async function tailOf(
  kafka: KafkaConnection,
  topic: string,
  { last, follow, signal }: TailOptions,
): Promise<AsyncGenerator<readonly TopicRecord[]> | undefined> {
  const partitions = await partitionsOf(kafka, topic)
  if (partitions.length === 0) return undefined
  return (async function* () {
    const positions = new Map<number, bigint>()
    const ends = await endsOf(kafka, topic)
    for (const [partition, { low, high }] of ends) positions.set(partition, BigInt(Math.max(low, high - last)))
    yield (await onward(kafka, partitions, positions, ends)).slice(-last)
    while (follow && !signal.aborted) {
      await sleep(betweenLooksMs, signal)
      if (signal.aborted) return
      const records = await onward(kafka, partitions, positions, await endsOf(kafka, topic))
      if (records.length > 0) yield records
    }
  })()
}

type Ends = ReadonlyMap<number, { readonly low: number; readonly high: number }>

async function endsOf(kafka: KafkaConnection, topic: string): Promise<Ends> {
  return (await readEnds(kafka, [topic])).get(topic) ?? new Map<number, never>()
}

async function partitionsOf(kafka: KafkaConnection, topic: string): Promise<ReadPartition[]> {
  const { topics } = await kafka.metadata([topic])
  return topics.flatMap(({ errorCode, topicId, partitions }) =>
    errorCode === 0
      ? partitions.map(({ partitionIndex, leaderId }) => ({ topic, topicId, partition: partitionIndex, leaderId }))
      : [],
  )
}

/** By the time they were written; within a partition in its order. */
async function onward(
  kafka: KafkaConnection,
  partitions: readonly ReadPartition[],
  positions: Map<number, bigint>,
  ends: Ends,
): Promise<TopicRecord[]> {
  const fetchedRecords: TopicRecord[] = []
  for (const one of partitions) {
    const end = BigInt(ends.get(one.partition)?.high ?? 0)
    for await (const { record, next } of recordsBetween(kafka, one, positions.get(one.partition) ?? 0n, end)) {
      if (record) fetchedRecords.push(record)
      positions.set(one.partition, next)
    }
  }
  return fetchedRecords.sort((a, b) => a.timestamp - b.timestamp)
}
