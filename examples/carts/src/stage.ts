// How do the events of customers reach the tables, and abandoned carts the shop?
//
// A few messages at a time take effect, then their offsets are committed. After a crash at any line
// they are redelivered, which changes nothing. A cart is published, then marked as published: after
// a crash between the two it is published again, in the same event.
import kafkajs from 'kafkajs'
import type { EachBatchPayload } from 'kafkajs'
import type { Config } from './config.ts'
import { deadLetter, forAnotherStage } from './dead-letter.ts'
import type { Received } from './dead-letter.ts'
import { abandoned, changed, closed, shopEventOf, viewed } from './events.ts'
import type { Items, ShopEvent } from './events.ts'
import { kafkaOf } from './kafka.ts'
import type { Store } from './store.ts'

export interface Counts {
  consumed: number
  reported: number
  closed: number
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
  const counts: Counts = { consumed: 0, reported: 0, closed: 0, deadLetters: 0 }
  let draining = false
  const producer = producerOf(kafka)
  const consumer = consumerOf(kafka, config.KAFKA_GROUP_ID)

  const read = readerOf({ config, now, log }, producer, () => counts.deadLetters++)

  const onBatch = async (payload: EachBatchPayload): Promise<void> => {
    const { topic, partition, messages } = payload.batch
    for (let from = 0; from < messages.length; from += config.STAGE_CONCURRENCY) {
      if (!payload.isRunning() || payload.isStale() || draining) return
      const some = messages.slice(from, from + config.STAGE_CONCURRENCY)
      const events: ShopEvent[] = []
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

  const reporter = reporting({ config, store, now, log }, producer, counts)
  const life = lifeOf(consumer, (error) => {
    if (!draining) onLost(error)
  })

  return {
    start: async () => {
      await producer.connect()
      await consumer.connect()
      await consumer.subscribe({ topics: [...config.KAFKA_CONSUME_TOPICS], fromBeginning: true })
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: onBatch })
      reporter.start()
    },
    /** Resolves when Kafka has stored what a customer has done. */
    reportView: async (customer: string, sku: string): Promise<void> =>
      send(producer, config.browsing, [{ key: customer, value: viewed(customer, sku, now()) }]),
    reportCart: async (customer: string, items: Items): Promise<void> =>
      send(producer, config.browsing, [{ key: customer, value: changed(customer, items, now()) }]),
    counts: (): Readonly<Counts> => counts,
    ready: life.joined,
    healthy: () => performance.now() - life.lastSign() < 300_000,
    /** What is in flight is finished and committed; the group is left. */
    drain: async () => {
      draining = true
      reporter.stop()
      await consumer.disconnect()
      await reporter.ended()
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
  return async (received: Received): Promise<ShopEvent | undefined> => {
    if (forAnotherStage(received, config.ORDERPIPELINE_STAGE)) return undefined
    try {
      return shopEventOf(received.message.value)
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

const pruneEveryMs = 3_600_000

interface Outgoing {
  readonly key: string
  readonly value: string
}

async function send(producer: ReturnType<typeof producerOf>, topic: string, records: readonly Outgoing[]) {
  const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8' }
  await producer.send({ topic, acks: -1, messages: records.map((record) => ({ ...record, headers })) })
}

/** Looks now and then for carts that are abandoned or closed, and publishes them. */
function reporting(
  { config, store, now, log }: Pick<StageOptions, 'config' | 'store' | 'now' | 'log'>,
  producer: ReturnType<typeof producerOf>,
  counts: Counts,
) {
  let running = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let pruneAt = 0
  const report = async (): Promise<void> => {
    counts.reported += await store.reportLeft((carts) =>
      send(
        producer,
        config.abandoned,
        carts.map((cart) => ({ key: cart.customerId, value: abandoned(cart, now()) })),
      ),
    )
    counts.closed += await store.reportClosed((carts) =>
      send(
        producer,
        config.abandoned,
        carts.map((cart) => ({ key: cart.customerId, value: closed(cart, now()) })),
      ),
    )
    if (performance.now() < pruneAt) return
    pruneAt = performance.now() + pruneEveryMs
    // The rest with the next look: a shop may have more views in an hour than one statement
    // deletes.
    if (await store.prune()) pruneAt = 0
  }
  const look = (): void => {
    running = report()
      .catch((error: unknown) => log('carts could not be published; trying again later', { error: String(error) }))
      .finally(() => {
        if (!stopped) timer = setTimeout(look, config.CARTS_LOOK_SECONDS * 1_000)
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
