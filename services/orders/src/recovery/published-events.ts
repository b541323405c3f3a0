// Which events has Kafka had since a moment? Topic by topic, a batch at a time, so that memory does
// not grow with the time that has passed.
import { decodeAny, isProductEvent, UndecodableEventError } from '@orderpipeline/order-events'
import type { OrderEvent, Topic } from '@orderpipeline/order-events'
import { offsetsSince, readEnds, recordsBetween } from '@orderpipeline/kafka-admin'
import type { KafkaConnection } from '@orderpipeline/kafka-admin'

const eventsAtOnce = 500

/**
 * Up to the end that each partition has when its topic is begun. What is no event about an order is
 * left out.
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
  const described = (await kafka.metadata([topic])).topics[0]
  const offsets = await offsetsSince(
    kafka,
    [...ends.keys()].map((partition) => ({ topic, partition })),
    [since],
  )
  let batch: OrderEvent[] = []
  for (const { partitionIndex: partition, leaderId } of described?.partitions ?? []) {
    const from = offsets.get(topic)?.get(partition)?.[0]
    if (from === undefined || !described) continue
    const part = { topic, topicId: described.topicId, partition, leaderId }
    for await (const { record } of recordsBetween(kafka, part, BigInt(from), BigInt(ends.get(partition)?.high ?? 0))) {
      const event = record && orderEventOf(record.value)
      if (event) batch.push(event)
      if (batch.length < eventsAtOnce) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

function orderEventOf(value: Buffer | null): OrderEvent | undefined {
  try {
    const event = decodeAny(value)
    return isProductEvent(event) ? undefined : event
  } catch (error) {
    if (error instanceof UndecodableEventError) return undefined
    throw error
  }
}
