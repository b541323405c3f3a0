// How do validated orders and declined payments become suspicions?
//
// A few messages at a time are judged in one transaction; its suspicions are published; only then
// are their offsets committed. After a crash at any line the messages are redelivered: the
// transaction recognises them, and their suspicions are published again under the same id.
//
// With two topics to emit, the stage is between inventory and payment: it passes each reservation
// on as it is, or keeps it back and asks for a hold.
import kafkajs from 'kafkajs'
import type { EachBatchPayload } from 'kafkajs'
import { setTimeout as sleep } from 'node:timers/promises'
import { topicsOfHolds } from './config.ts'
import type { Config, TopicsOfHolds } from './config.ts'
import { deadLetter, forAnotherStage } from './dead-letter.ts'
import type { Received } from './dead-letter.ts'
import { sightingOf } from './events.ts'
import type { Sighting } from './events.ts'
import { kafkaOf } from './kafka.ts'
import { DatabaseUnavailableError } from './store.ts'
import type { Store, Suspicion } from './store.ts'

export interface Counts {
  consumed: number
  suspected: number
  passed: number
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

interface Observation {
  readonly received: Received
  readonly sighting: Sighting
}

interface Backoff {
  readonly firstMs: number
  readonly longestMs: number
}
/** Keeps the place in the group; throws when the partition is about to be another's. */
type Heartbeat = () => Promise<void>

const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8' }
/** The class of an order, which a stage passes on; a standard order has none. */
function classOf({ message }: Received): kafkajs.IHeaders {
  const priority = message.headers?.['priority']
  return priority === undefined ? {} : { priority }
}
const outage: Backoff = { firstMs: 200, longestMs: 10_000 }

export type Stage = ReturnType<typeof createStage>

export function createStage(options: StageOptions) {
  return new FraudCheck(options).port()
}

class FraudCheck {
  readonly #options: StageOptions
  readonly #kafka: kafkajs.Kafka
  readonly #counts: Counts = { consumed: 0, suspected: 0, passed: 0, deadLetters: 0, retries: 0 }
  readonly #draining = new AbortController()
  #joined = false
  #lastSign: number = performance.now()
  readonly #producer: kafkajs.Producer
  readonly #consumer: kafkajs.Consumer
  readonly #stage: string
  readonly #suspectedTopic: string
  readonly #holding: TopicsOfHolds | undefined
  readonly #backoff: Backoff

  constructor(options: StageOptions) {
    this.#options = options
    this.#kafka = kafkaOf(options.config)
    this.#producer = this.#kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      retry: { retries: 3 },
    })
    this.#consumer = this.#kafka.consumer({
      groupId: options.config.KAFKA_GROUP_ID,
      allowAutoTopicCreation: false,
      sessionTimeout: 30_000,
      rebalanceTimeout: 15_000,
      maxBytes: 4 << 20,
      maxWaitTimeInMs: 500, // a drain waits for the fetch that is under way
    })
    this.#stage = options.config.ORDERPIPELINE_STAGE
    this.#holding = topicsOfHolds(options.config.KAFKA_EMIT_TOPICS)
    this.#suspectedTopic = this.#holding?.holds ?? options.config.KAFKA_EMIT_TOPICS[0] ?? ''
    this.#backoff = { firstMs: options.config.STAGE_RETRY_BACKOFF_SECONDS * 1_000, longestMs: 60_000 }
    for (const event of [
      this.#consumer.events.GROUP_JOIN,
      this.#consumer.events.FETCH,
      this.#consumer.events.HEARTBEAT,
    ] as const)
      this.#consumer.on(event, () => (this.#lastSign = performance.now()))
    this.#consumer.on(this.#consumer.events.GROUP_JOIN, () => (this.#joined = true))
    this.#consumer.on(this.#consumer.events.CRASH, ({ payload }) => {
      this.#joined = false
      if (!payload.restart && !this.#draining.signal.aborted) options.onLost(payload.error)
    })
  }

  port() {
    return {
      start: async () => {
        await this.#producer.connect()
        await this.#consumer.connect()
        await this.#consumer.subscribe({ topics: [...this.#options.config.KAFKA_CONSUME_TOPICS], fromBeginning: true })
        await this.#consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          eachBatch: (payload) => this.#onBatch(payload),
        })
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

  /**
   * Waits longer each time, half of it by chance, and stays a member of the group meanwhile. False
   * once draining.
   */
  async #pause(failures: number, { firstMs, longestMs }: Backoff, heartbeat: Heartbeat) {
    this.#counts.retries++
    const ms = Math.min(firstMs * 2 ** Math.min(failures - 1, 16), longestMs)
    const until = performance.now() + ms / 2 + (Math.random() * ms) / 2
    while (performance.now() < until && !this.#draining.signal.aborted) {
      await sleep(Math.min(1_000, until - performance.now()), undefined, { signal: this.#draining.signal }).catch(
        () => undefined,
      )
      await heartbeat()
    }
    return !this.#draining.signal.aborted
  }

  /** Until Kafka has them: while it is unavailable no message is at fault. False once draining. */
  async #publish(
    topic: string,
    messages: { key: Buffer | string | null; value: Buffer | string | null; headers?: kafkajs.IHeaders }[],
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
    this.#options.log('a message goes to the dead-letter topic', {
      error: String(error),
      topic: received.topic,
      offset: received.message.offset,
    })
    const record = deadLetter(received, error, attempts, this.#stage, this.#options.now())
    if (!(await this.#publish(this.#options.config.KAFKA_DEAD_LETTER_TOPIC, [record], heartbeat))) return false
    this.#counts.deadLetters++
    return true
  }

  /** False: not done, because of a drain; then it must not be committed. */
  async #judge(observations: readonly Observation[], heartbeat: Heartbeat): Promise<boolean> {
    for (let failures = 1, outages = 1; ;) {
      const sightings = observations.map(({ sighting }) => sighting)
      const outcome = await this.#options.store.judge(sightings, this.#options.now()).then(
        (suspicions) => ({ suspicions }),
        (error: unknown) => ({ error }),
      )
      if ('suspicions' in outcome)
        return (
          (await this.#announce(outcome.suspicions, heartbeat)) &&
          (await this.#passOn(observations, outcome.suspicions, heartbeat))
        )
      const { error } = outcome
      this.#options.log('judging failed', {
        error: String(error),
        cause: String((error as Error).cause),
        messages: observations.length,
      })
      if (error instanceof DatabaseUnavailableError) {
        if (!(await this.#pause(outages++, outage, heartbeat))) return false
      } else if (observations.length > 1) {
        // One of them is at fault: each alone, in order.
        for (const one of observations) if (!(await this.#judge([one], heartbeat))) return false
        return true
      } else if (failures >= this.#options.config.STAGE_RETRY_ATTEMPTS) {
        const [one] = observations
        return one === undefined || this.#giveUpOn(one.received, error, failures, heartbeat)
      } else if (!(await this.#pause(failures++, this.#backoff, heartbeat))) return false
    }
  }

  async #announce(suspicions: readonly Suspicion[], heartbeat: Heartbeat): Promise<boolean> {
    const messages = suspicions.map(({ orderId, customerId, event }) => ({
      key: this.#keyFor(this.#suspectedTopic, { orderId, customerId }),
      value: event,
      headers,
    }))
    if (!(await this.#publish(this.#suspectedTopic, messages, heartbeat))) return false
    this.#counts.suspected += messages.length
    return true
  }

  /** Reservations of orders that are not suspected, as they came: under their own ids. */
  async #passOn(observations: readonly Observation[], suspicions: readonly Suspicion[], heartbeat: Heartbeat) {
    const topic = this.#holding?.cleared
    if (topic === undefined) return true
    const suspected = new Set(suspicions.map(({ orderId }) => orderId))
    const passedOn = observations.filter(
      ({ sighting }) => sighting.kind === 'order' && !suspected.has(sighting.orderId),
    )
    const messages = passedOn.map(({ received, sighting }) => ({
      key: this.#keyFor(topic, sighting),
      value: received.message.value,
      headers: { ...headers, ...classOf(received) },
    }))
    if (!(await this.#publish(topic, messages, heartbeat))) return false
    this.#counts.passed += messages.length
    return true
  }

  #keyFor(topic: string, { orderId, customerId }: { readonly orderId: string; readonly customerId: string }): string {
    return this.#options.config.KAFKA_ORDER_KEYED_TOPICS.includes(topic) ? orderId : customerId
  }

  async #take(batch: readonly Received[], heartbeat: Heartbeat): Promise<boolean> {
    const observations: Observation[] = []
    for (const received of batch) {
      if (forAnotherStage(received, this.#stage)) continue
      try {
        const sighting = sightingOf(received.message.value)
        if (sighting) observations.push({ received, sighting })
      } catch (error) {
        if (!(await this.#giveUpOn(received, error, 1, heartbeat))) return false
      }
    }
    return this.#judge(observations, heartbeat)
  }

  async #onBatch(payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = payload.batch
    const heartbeat = () => payload.heartbeat()
    for (let from = 0; from < messages.length; from += this.#options.config.STAGE_CONCURRENCY) {
      if (!payload.isRunning() || payload.isStale() || this.#draining.signal.aborted) return
      const some = messages.slice(from, from + this.#options.config.STAGE_CONCURRENCY)
      const received = some.map((message) => ({ topic, partition, message }))
      if (!(await this.#take(received, heartbeat))) return
      const last = some.at(-1)!.offset
      payload.resolveOffset(last)
      await this.#consumer.commitOffsets([{ topic, partition, offset: String(BigInt(last) + 1n) }])
      this.#counts.consumed += some.length
      await heartbeat()
    }
  }
}
