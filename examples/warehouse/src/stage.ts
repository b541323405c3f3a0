// How do the shop's stock levels reach the warehouse, and its deliveries the shop?
//
// A few messages at a time take effect, then their offsets are committed. After a crash at any line
// they are redelivered, which changes nothing. What has arrived is announced, then marked as
// announced: after a crash between the two it is announced again, under the same name.
import kafkajs from 'kafkajs'
import type { EachBatchPayload } from 'kafkajs'
import type { Config } from './config.ts'
import { deadLetter, forAnotherStage } from './dead-letter.ts'
import type { Received } from './dead-letter.ts'
import { delivered, inventoryEventOf } from './events.ts'
import type { InventoryEvent } from './events.ts'
import { kafkaOf } from './kafka.ts'
import type { Store } from './store.ts'

export interface Counts {
  consumed: number
  announced: number
  deadLetters: number
}

export interface StageOptions {
  readonly config: Config
  readonly store: Store
  readonly now: () => Date
  readonly log: (message: string, about: object) => void
  /** The consumer is lost for good: the process should be replaced. */
  readonly onLost: (error: Error) => void
}

function producerOf(kafka: ReturnType<typeof kafkaOf>) {
  return kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    retry: { retries: 3 },
  })
}

function consumerOf(kafka: ReturnType<typeof kafkaOf>, groupId: string) {
  return kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 250,
    // A failure is retried for as long as it takes: nothing here can be a message's own fault.
    retry: { initialRetryTime: 200, maxRetryTime: 10_000, retries: Number.MAX_SAFE_INTEGER },
  })
}

export function createStage({ config, store, now, log, onLost }: StageOptions) {
  const kafka = kafkaOf(config)
  const counts: Counts = { consumed: 0, announced: 0, deadLetters: 0 }
  let draining = false
  const producer = producerOf(kafka)
  const consumer = consumerOf(kafka, config.KAFKA_GROUP_ID)

  const read = readerOf({ config, now, log }, producer, () => counts.deadLetters++)

  const onBatch = async (payload: EachBatchPayload): Promise<void> => {
    const { topic, partition, messages } = payload.batch
    for (let from = 0; from < messages.length; from += config.STAGE_CONCURRENCY) {
      if (!payload.isRunning() || payload.isStale() || draining) return
      const some = messages.slice(from, from + config.STAGE_CONCURRENCY)
      const events: InventoryEvent[] = []
      for (const message of some) {
        const one = await read({ topic, partition, message })
        if (one) events.push(one)
      }
      await store.take(events)
      const last = some.at(-1)!.offset
      payload.resolveOffset(last)
      await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(last) + 1n) }])
      counts.consumed += some.length
      await payload.heartbeat()
    }
  }

  const announcer = announcing({ config, store, now, log }, producer, (count) => (counts.announced += count))
  const life = lifeOf(consumer, (error) => {
    if (!draining) onLost(error)
  })

  return {
    start: async () => {
      await producer.connect()
      await consumer.connect()
      await consumer.subscribe({ topics: [...config.KAFKA_CONSUME_TOPICS], fromBeginning: true })
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: onBatch })
      announcer.start()
    },
    counts: (): Readonly<Counts> => counts,
    ready: life.joined,
    healthy: () => performance.now() - life.lastSign() < 300_000,
    /** What is in flight is finished and committed; the group is left. */
    drain: async () => {
      draining = true
      announcer.stop()
      await consumer.disconnect()
      await announcer.ended()
      await producer.disconnect()
    },
  }
}

/** A message that cannot be read becomes a dead letter. */
function readerOf(
  { config, now, log }: Pick<StageOptions, 'config' | 'now' | 'log'>,
  producer: ReturnType<typeof producerOf>,
  onDeadLetter: () => void,
) {
  return async (received: Received): Promise<InventoryEvent | undefined> => {
    if (forAnotherStage(received, config.ORDERPIPELINE_STAGE)) return undefined
    try {
      return inventoryEventOf(received.message.value)
    } catch (error) {
      const record = deadLetter(received, error, 1, config.ORDERPIPELINE_STAGE, now())
      await producer.send({ topic: config.KAFKA_DEAD_LETTER_TOPIC, acks: -1, messages: [record] })
      onDeadLetter()
      log('a message cannot be read', { error: String(error), offset: received.message.offset })
      return undefined
    }
  }
}

/** When did Kafka last answer, and is the consumer a member of its group? */
function lifeOf(consumer: ReturnType<typeof consumerOf>, onLost: (error: Error) => void) {
  let joined = false
  let lastSign = performance.now()
  for (const event of [consumer.events.GROUP_JOIN, consumer.events.FETCH, consumer.events.HEARTBEAT] as const)
    consumer.on(event, () => (lastSign = performance.now()))
  consumer.on(consumer.events.GROUP_JOIN, () => (joined = true))
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    joined = false
    if (!payload.restart) onLost(payload.error)
  })
  return { joined: () => joined, lastSign: () => lastSign }
}

/** Looks now and then for deliveries that have arrived, and publishes them. */
function announcing(
  { config, store, now, log }: Pick<StageOptions, 'config' | 'store' | 'now' | 'log'>,
  producer: ReturnType<typeof producerOf>,
  onAnnounced: (count: number) => void,
) {
  let running = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const announce = async (): Promise<void> => {
    const purchases = await store.due()
    if (purchases.length === 0) return
    const messages = purchases.map((purchase) => ({
      key: purchase.sku,
      value: delivered(purchase, now()),
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    }))
    await producer.send({ topic: config.KAFKA_EMIT_TOPICS, acks: -1, messages })
    await store.announced(purchases)
    onAnnounced(purchases.length)
  }
  const look = (): void => {
    running = announce()
      .catch((error: unknown) => log('deliveries could not be published; trying again later', { error: String(error) }))
      .finally(() => {
        if (!stopped) timer = setTimeout(look, config.WAREHOUSE_LOOK_SECONDS * 1_000)
      })
  }
  return {
    start: look,
    stop: (): void => {
      stopped = true
      clearTimeout(timer)
    },
    ended: () => running,
  }
}
