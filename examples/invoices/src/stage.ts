// How do paid and refunded orders become invoices and credit notes?
//
// A few messages at a time take effect in one transaction; the documents that are due are
// published; only then are the offsets committed. After a crash at any line the messages are
// redelivered: the transaction finds its rows, and publishes what is not marked as published.
import kafkajs from 'kafkajs'
import type { EachBatchPayload } from 'kafkajs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from './config.ts'
import { DatabaseUnavailableError } from './database.ts'
import { deadLetter, forAnotherStage } from './dead-letter.ts'
import type { Received } from './dead-letter.ts'
import { shopEventOf } from './events.ts'
import type { ShopEvent } from './events.ts'
import { kafkaOf } from './kafka.ts'
import type { Store, Taken, Unpublished } from './store.ts'

export interface Counts {
  consumed: number
  issued: number
  /** Documents that are not issued until a person decides; counted each time they are tried. */
  problems: number
  deadLetters: number
  retries: number
}

export interface StageOptions {
  readonly config: Config
  readonly store: Store
  readonly now: () => Date
  readonly log: (message: string, about: object) => void
  /** The consumer is lost for good: the process should be replaced. */
  readonly onLost: (error: Error) => void
}

interface Message {
  readonly received: Received
  readonly event: ShopEvent
}

interface Backoff {
  readonly firstMs: number
  readonly longestMs: number
}
/** Keeps the place in the group; throws when the partition is about to be another's. */
type Heartbeat = () => Promise<void>

const outage: Backoff = { firstMs: 200, longestMs: 10_000 }

export type Stage = ReturnType<typeof createStage>

export function createStage(options: StageOptions) {
  return new InvoiceStage(options).port()
}

class InvoiceStage {
  readonly #options: StageOptions
  readonly #counts: Counts = { consumed: 0, issued: 0, problems: 0, deadLetters: 0, retries: 0 }
  readonly #draining = new AbortController()
  #joined = false
  #lastSign: number = performance.now()
  readonly #producer: kafkajs.Producer
  readonly #consumer: kafkajs.Consumer

  constructor(options: StageOptions) {
    this.#options = options
    const kafka = kafkaOf(options.config)
    this.#producer = kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      retry: { retries: 3 },
    })
    this.#consumer = kafka.consumer({
      groupId: options.config.KAFKA_GROUP_ID,
      allowAutoTopicCreation: false,
      sessionTimeout: 30_000,
      rebalanceTimeout: 15_000,
      maxBytes: 4 << 20,
      maxWaitTimeInMs: 500, // a drain waits for the fetch that is under way
    })
    const { GROUP_JOIN, FETCH, HEARTBEAT, CRASH } = this.#consumer.events
    for (const event of [GROUP_JOIN, FETCH, HEARTBEAT] as const)
      this.#consumer.on(event, () => (this.#lastSign = performance.now()))
    this.#consumer.on(GROUP_JOIN, () => (this.#joined = true))
    this.#consumer.on(CRASH, ({ payload }) => {
      this.#joined = false
      if (!payload.restart && !this.#draining.signal.aborted) options.onLost(payload.error)
    })
  }

  port() {
    const topics = [...this.#options.config.KAFKA_CONSUME_TOPICS]
    return {
      start: async () => {
        await this.#producer.connect()
        await this.#consumer.connect()
        await this.#consumer.subscribe({ topics, fromBeginning: true })
        const eachBatch = (payload: EachBatchPayload) => this.#onBatch(payload)
        await this.#consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch })
      },
      counts: (): Readonly<Counts> => this.#counts,
      ready: () => this.#joined,
      healthy: () => performance.now() - this.#lastSign < 300_000,
      /** What is in flight is finished and committed; the group is left. */
      drain: async () => {
        this.#draining.abort()
        await this.#consumer.disconnect()
        await this.#producer.disconnect()
      },
    }
  }

  async #onBatch(payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = payload.batch
    const { STAGE_CONCURRENCY: atOnce } = this.#options.config
    const heartbeat = () => payload.heartbeat()
    for (let from = 0; from < messages.length; from += atOnce) {
      if (!payload.isRunning() || payload.isStale() || this.#draining.signal.aborted) return
      const some = messages.slice(from, from + atOnce)
      const read = await this.#read(
        some.map((message) => ({ topic, partition, message })),
        heartbeat,
      )
      if (read === undefined || !(await this.#take(read, heartbeat))) return
      const last = some.at(-1)!.offset
      payload.resolveOffset(last)
      await this.#consumer.commitOffsets([{ topic, partition, offset: String(BigInt(last) + 1n) }])
      this.#counts.consumed += some.length
      await heartbeat()
    }
  }

  /** `undefined`: draining. */
  async #read(batch: readonly Received[], heartbeat: Heartbeat): Promise<Message[] | undefined> {
    const messages: Message[] = []
    for (const received of batch) {
      if (forAnotherStage(received, this.#options.config.ORDERPIPELINE_STAGE)) continue
      try {
        const event = shopEventOf(received.message.value)
        if (event) messages.push({ received, event })
      } catch (error) {
        if (!(await this.#giveUpOn(received, error, 1, heartbeat))) return undefined
      }
    }
    return messages
  }

  /** False: not done, because of a drain; then it must not be committed. */
  async #take(messages: readonly Message[], heartbeat: Heartbeat): Promise<boolean> {
    const { store, now, log, config } = this.#options
    const backoff = { firstMs: config.STAGE_RETRY_BACKOFF_SECONDS * 1_000, longestMs: 60_000 }
    const events = messages.map(({ event }) => event)
    for (let failures = 1, outages = 1; ;) {
      const result = await store.take(events, now()).catch((error: unknown) => ({ error }))
      if (!('error' in result) && !(await this.#announce(result, heartbeat))) return false
      // After a failure to mark the documents, the transaction and the publication are repeated.
      const outcome = 'error' in result ? result : await this.#mark(result)
      if (outcome === undefined) return true
      const { error } = outcome
      const cause = String((error as Error).cause)
      log('a batch failed', { error: String(error), cause, messages: messages.length })
      if (error instanceof DatabaseUnavailableError) {
        if (!(await this.#pause(outages++, outage, heartbeat))) return false
      } else if (messages.length > 1) {
        // One of them is at fault: each alone, in order.
        for (const one of messages) if (!(await this.#take([one], heartbeat))) return false
        return true
      } else if (failures >= config.STAGE_RETRY_ATTEMPTS) {
        const [one] = messages
        return one === undefined || this.#giveUpOn(one.received, error, failures, heartbeat)
      } else if (!(await this.#pause(failures++, backoff, heartbeat))) return false
    }
  }

  async #mark({ unpublished }: Taken): Promise<{ error: unknown } | undefined> {
    return this.#options.store.published(unpublished).then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
  }

  async #announce({ unpublished, issued, problems }: Taken, heartbeat: Heartbeat): Promise<boolean> {
    const { config, log } = this.#options
    for (const problem of problems) log('a document is not issued', { level: 'error', ...problem })
    this.#counts.problems += problems.length
    this.#counts.issued += issued
    const keyedByOrder = config.KAFKA_ORDER_KEYED_TOPICS.includes(config.KAFKA_EMIT_TOPICS)
    const record = ({ orderId, customerId, event }: Unpublished) => ({
      key: keyedByOrder ? orderId : customerId,
      value: event,
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    })
    return this.#publish(config.KAFKA_EMIT_TOPICS, unpublished.map(record), heartbeat)
  }

  /** Until Kafka has them: while it is unavailable no message is at fault. False once draining. */
  async #publish(
    topic: string,
    messages: { key: Buffer | string | null; value: Buffer | string | null }[],
    heartbeat: Heartbeat,
  ) {
    for (let failures = 1; messages.length > 0; failures++) {
      try {
        await this.#producer.send({ topic, messages, acks: -1, timeout: 10_000 })
        break
      } catch (error) {
        this.#options.log('publishing failed', { error: String(error), failures })
        if (!(await this.#pause(failures, outage, heartbeat))) return false
      }
    }
    return true
  }

  async #giveUpOn(received: Received, error: unknown, attempts: number, heartbeat: Heartbeat) {
    const { config, log, now } = this.#options
    const { topic, message } = received
    log('a message goes to the dead-letter topic', { error: String(error), topic, offset: message.offset })
    const record = deadLetter(received, error, attempts, config.ORDERPIPELINE_STAGE, now())
    if (!(await this.#publish(config.KAFKA_DEAD_LETTER_TOPIC, [record], heartbeat))) return false
    this.#counts.deadLetters++
    return true
  }

  /**
   * Waits longer each time, half of it by chance, and stays a member of the group meanwhile. False
   * once draining.
   */
  async #pause(failures: number, { firstMs, longestMs }: Backoff, heartbeat: Heartbeat) {
    this.#counts.retries++
    const { signal } = this.#draining
    const ms = Math.min(firstMs * 2 ** Math.min(failures - 1, 16), longestMs)
    const until = performance.now() + ms / 2 + (Math.random() * ms) / 2
    while (performance.now() < until && !signal.aborted) {
      await sleep(Math.min(1_000, until - performance.now()), undefined, { signal }).catch(() => undefined)
      await heartbeat()
    }
    return !signal.aborted
  }
}
