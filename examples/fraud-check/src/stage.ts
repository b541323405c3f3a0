// How do validated orders and declined payments become suspicions?
//
// A few messages at a time are judged in one transaction; what it found is published; only then are
// their offsets committed. A crash at any line has the messages come again: the transaction knows
// them, and what it had found is published again under the same id.
import kafkajs from 'kafkajs'
import type { EachBatchPayload } from 'kafkajs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from './config.ts'
import { deadLetter, forAnotherStage, type Received } from './dead-letter.ts'
import { sightingOf, type Sighting } from './events.ts'
import { kafkaOf } from './kafka.ts'
import { DatabaseAway, type Store, type Suspicion } from './store.ts'

export interface Counts {
  consumed: number
  suspected: number
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

interface Seen {
  readonly received: Received
  readonly sighting: Sighting
}

interface Backoff {
  readonly firstMs: number
  readonly longestMs: number
}
/** Keeps the place in the group; throws when the partition is about to be another's. */
type Heartbeat = () => Promise<void>

const outage: Backoff = { firstMs: 200, longestMs: 10_000 }

export type Stage = ReturnType<typeof createStage>

export function createStage({ config, store, now, log, onLost }: StageOptions) {
  const kafka = kafkaOf(config)
  const counts: Counts = { consumed: 0, suspected: 0, deadLetters: 0, retries: 0 }
  const draining = new AbortController()
  let joined = false
  let lastSign = performance.now()
  const producer = kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    retry: { retries: 3 },
  })
  const consumer = kafka.consumer({
    groupId: config.KAFKA_GROUP_ID,
    allowAutoTopicCreation: false,
    sessionTimeout: 30_000,
    rebalanceTimeout: 15_000,
    maxBytes: 4 << 20,
    maxWaitTimeInMs: 500, // a drain waits for the fetch that is under way
  })
  const stage = config.ORDERPIPELINE_STAGE
  const keyedByOrder = config.KAFKA_ORDER_KEYED_TOPICS.includes(config.KAFKA_EMIT_TOPICS)
  const backoff: Backoff = { firstMs: config.STAGE_RETRY_BACKOFF_SECONDS * 1_000, longestMs: 60_000 }

  /**
   * Waits longer each time, half of it by chance, and stays a member of the group meanwhile. False
   * once draining.
   */
  const pause = async (failures: number, { firstMs, longestMs }: Backoff, heartbeat: Heartbeat) => {
    counts.retries++
    const ms = Math.min(firstMs * 2 ** Math.min(failures - 1, 16), longestMs)
    const until = performance.now() + ms / 2 + (Math.random() * ms) / 2
    while (performance.now() < until && !draining.signal.aborted) {
      await sleep(Math.min(1_000, until - performance.now()), undefined, { signal: draining.signal }).catch(
        () => undefined,
      )
      await heartbeat()
    }
    return !draining.signal.aborted
  }

  /** Until Kafka has them: while it is away no message is at fault. False once draining. */
  const publish = async (
    topic: string,
    messages: { key: Buffer | string | null; value: Buffer | string | null }[],
    heartbeat: Heartbeat,
  ) => {
    for (let failures = 1; messages.length > 0; failures++) {
      try {
        await producer.send({ topic, messages, acks: -1, timeout: 10_000 })
        break
      } catch (error) {
        log('publishing failed', { error: String(error), failures })
        if (!(await pause(failures, outage, heartbeat))) return false
      }
    }
    return true
  }

  const giveUpOn = async (received: Received, error: unknown, attempts: number, heartbeat: Heartbeat) => {
    log('a message goes to the dead letters', {
      error: String(error),
      topic: received.topic,
      offset: received.message.offset,
    })
    const letter = deadLetter(received, error, attempts, stage, now())
    if (!(await publish(config.KAFKA_DEAD_LETTER_TOPIC, [letter], heartbeat))) return false
    counts.deadLetters++
    return true
  }

  /** False: not done, for a drain; then it must not be committed. */
  const judge = async (seen: readonly Seen[], heartbeat: Heartbeat): Promise<boolean> => {
    for (let failures = 1, outages = 1; ;) {
      const sightings = seen.map(({ sighting }) => sighting)
      const outcome = await store.judge(sightings, now()).then(
        (suspicions) => ({ suspicions }),
        (error: unknown) => ({ error }),
      )
      if ('suspicions' in outcome) return announce(outcome.suspicions, heartbeat)
      const { error } = outcome
      log('judging failed', { error: String(error), cause: String((error as Error).cause), messages: seen.length })
      if (error instanceof DatabaseAway) {
        if (!(await pause(outages++, outage, heartbeat))) return false
      } else if (seen.length > 1) {
        // One of them is at fault: each alone, in order.
        for (const one of seen) if (!(await judge([one], heartbeat))) return false
        return true
      } else if (failures >= config.STAGE_RETRY_ATTEMPTS) {
        const [one] = seen
        return one === undefined || giveUpOn(one.received, error, failures, heartbeat)
      } else if (!(await pause(failures++, backoff, heartbeat))) return false
    }
  }

  const announce = async (suspicions: readonly Suspicion[], heartbeat: Heartbeat): Promise<boolean> => {
    const messages = suspicions.map(({ orderId, customerId, event }) => ({
      key: keyedByOrder ? orderId : customerId,
      value: event,
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    }))
    if (!(await publish(config.KAFKA_EMIT_TOPICS, messages, heartbeat))) return false
    counts.suspected += messages.length
    return true
  }

  const take = async (batch: readonly Received[], heartbeat: Heartbeat): Promise<boolean> => {
    const seen: Seen[] = []
    for (const received of batch) {
      if (forAnotherStage(received, stage)) continue
      try {
        const sighting = sightingOf(received.message.value)
        if (sighting) seen.push({ received, sighting })
      } catch (error) {
        if (!(await giveUpOn(received, error, 1, heartbeat))) return false
      }
    }
    return judge(seen, heartbeat)
  }

  const onBatch = async (payload: EachBatchPayload): Promise<void> => {
    const { topic, partition, messages } = payload.batch
    const heartbeat = () => payload.heartbeat()
    for (let from = 0; from < messages.length; from += config.STAGE_CONCURRENCY) {
      if (!payload.isRunning() || payload.isStale() || draining.signal.aborted) return
      const some = messages.slice(from, from + config.STAGE_CONCURRENCY)
      const received = some.map((message) => ({ topic, partition, message }))
      if (!(await take(received, heartbeat))) return
      const last = some.at(-1)!.offset
      payload.resolveOffset(last)
      await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(last) + 1n) }])
      counts.consumed += some.length
      await heartbeat()
    }
  }

  for (const event of [consumer.events.GROUP_JOIN, consumer.events.FETCH, consumer.events.HEARTBEAT] as const)
    consumer.on(event, () => (lastSign = performance.now()))
  consumer.on(consumer.events.GROUP_JOIN, () => (joined = true))
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    joined = false
    if (!payload.restart && !draining.signal.aborted) onLost(payload.error)
  })

  return {
    start: async () => {
      await producer.connect()
      await consumer.connect()
      await consumer.subscribe({ topics: [...config.KAFKA_CONSUME_TOPICS], fromBeginning: true })
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: onBatch })
    },
    counts: (): Readonly<Counts> => counts,
    ready: () => joined,
    healthy: () => performance.now() - lastSign < 300_000,
    /** What is in hand is finished and committed; the group is left. */
    drain: async () => {
      draining.abort()
      await consumer.disconnect()
      await producer.disconnect()
    },
  }
}
