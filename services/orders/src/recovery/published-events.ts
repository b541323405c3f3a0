// Which events about orders were written to a topic of Kafka since a given time? They are read in
// batches, so that memory does not grow with the length of that time, and without a consumer group:
// no offset is committed.
import { decodeAny, isProductEvent, UndecodableEventError } from '@orderpipeline/order-events'
import type { OrderEvent, Topic } from '@orderpipeline/order-events'
import { offsetsSince, readEnds, recordsBetween } from '@orderpipeline/kafka-admin'
import type { KafkaConnection, TopicRecord } from '@orderpipeline/kafka-admin'

const batchSize = 500

/**
 * Reads each partition up to the end that it has at the first call. Records that are not events
 * about orders are left out. `name`: the topic without the pipeline's prefix.
 * @throws KafkaUnavailableError
 */
export async function* publishedEvents(
  kafka: KafkaConnection,
  prefix: string,
  name: Topic,
  since: Date,
): AsyncGenerator<readonly OrderEvent[]> {
  const topic = prefix + name
  const ends = (await readEnds(kafka, [topic])).get(topic) ?? new Map<number, { readonly high: number }>()
  const topicMetadata = (await kafka.metadata([topic])).topics[0]
  const offsets = await offsetsSince(
    kafka,
    [...ends.keys()].map((partition) => ({ topic, partition })),
    [since],
  )
  let batch: OrderEvent[] = []
  for (const { partitionIndex: partition, leaderId } of topicMetadata?.partitions ?? []) {
    const from = offsets.get(topic)?.get(partition)?.[0]
    if (from === undefined || !topicMetadata) continue
    const part = { topic, topicId: topicMetadata.topicId, partition, leaderId }
    for await (const { record } of recordsBetween(kafka, part, BigInt(from), BigInt(ends.get(partition)?.high ?? 0))) {
      const event = record && orderEventOf(record)
      if (event) batch.push(event)
      if (batch.length < batchSize) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

/** Undefined for an event about a product, and for a record that cannot be decoded. */
function orderEventOf({ value, headers }: TopicRecord): OrderEvent | undefined {
  try {
    const event = decodeAny(value, headers)
    return isProductEvent(event) ? undefined : event
  } catch (error) {
    if (error instanceof UndecodableEventError) return undefined
    throw error
  }
}
