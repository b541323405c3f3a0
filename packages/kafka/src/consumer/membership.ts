// How does a replica stay a member of its consumer group through crashes, outages and rebalances,
// until it is stopped?
//
// Each kafkajs consumer ends in a crash or in `close`. After a crash a new consumer is made,
// however often, with backoff: kafkajs restarts only after errors that it deems retriable, and a
// stage must survive the others too.
import type { Consumer, EachBatchPayload, Offsets } from 'kafkajs'
import { backoffMs, sleep, withDeadline } from '@orderpipeline/retry'
import type { Logger } from '@orderpipeline/process'
import { RetryAbortedError, outageBackoff, pause } from './backoff.ts'
import { beforeJoining } from '../client/kafkajs-patches.ts'
import type { KafkaAddress } from '../client/client.ts'
import { errorOf } from '../client/failure.ts'
import { fetchProgress } from './fetch-progress.ts'
import { fetchSpacing, usualSpacing } from './fetch-spacing.ts'
import type { FetchSpacing, FetchSpacingBounds } from './fetch-spacing.ts'
import { createGroupConsumer, offsetsByTopic } from './group-consumer.ts'
import type { OffsetToCommit } from './offset-tracker.ts'
import type { ProcessorWait } from './processor-wait.ts'

export interface MembershipOptions {
  readonly address: KafkaAddress
  readonly groupId: string
  readonly rebalanceSeconds?: number | undefined
  readonly topics: readonly string[]
  /**
   * Called until it resolves, before the group is joined: to the metadata that offsets are
   * committed with. Where it rejects, the group is not joined this time.
   */
  readonly mayJoin?: (() => Promise<string | undefined>) | undefined
  readonly onBatch: (payload: EachBatchPayload) => Promise<void>
  /**
   * The group has assigned these partitions to this replica, by topic; they replace all that it had
   * before.
   */
  readonly onAssigned: (partitions: Readonly<Record<string, readonly number[]>>) => void
  /**
   * The assignment is about to be revoked, as soon as the promise resolves: what is done should be
   * committed at once.
   */
  readonly onRevoking: () => Promise<void>
  readonly onCrash: (error: Error) => void
  /** A batch has no messages: ends of transactions, or messages of an aborted one. */
  readonly onPassedOver: (batch: PassedOver) => void
  readonly onFetchStart: () => void
  /** A broker has answered: how long that took, the wait for messages to come included. */
  readonly onFetch: (seconds: number) => void
  /** That of this process; absent where the system does not say it. */
  readonly processorWait?: ProcessorWait | undefined
  /** The stage calls no other system; by default it may. */
  readonly local?: boolean | undefined
  /** From one fetch that brought messages to the next; by default `usualSpacing`. */
  readonly spacing?: FetchSpacingBounds | undefined
  readonly logger: Logger
}

export interface PassedOver {
  readonly topic: string
  readonly partition: number
  readonly lastOffset: string
  readonly highWatermark: string
}

export interface Membership {
  /** Member of the group, with or without partitions. */
  readonly joined: boolean
  /** Milliseconds since the last fetch, heartbeat or join of the consumer. */
  silentForMs(): number
  commit(offsets: readonly OffsetToCommit[]): Promise<void>
  /** No more batches; heartbeats go on. */
  stopFetching(): void
  /** Leaves the group. */
  close(): Promise<void>
}

/**
 * A consumer without a fetch or a heartbeat for this long has hung: kafkajs was observed to stop
 * without a crash.
 */
const silenceLimitMs = 120_000
/** Batches of a fetch that are handed over at once; the next fetch waits for all of them. */
const maxPartitionsAtOnce = 128
const stopTimeoutMs = 10_000
const commitTimeoutMs = 20_000

export function startMembership(options: MembershipOptions): Membership {
  return new RunningMembership(options).port()
}

/** One consumer, from its start to its crash or the end of the membership. */
interface ConsumerLife {
  readonly consumer: Consumer
  /** Resolves to the error of a crash, or to undefined when the membership closes. */
  readonly end: PromiseWithResolvers<Error | undefined>
  /**
   * A consumer that was given up on may wake up after all; its later events and batches are
   * ignored.
   */
  over: boolean
}

class RunningMembership {
  readonly #options: MembershipOptions
  readonly #closing = new AbortController()
  readonly #spacing: FetchSpacing
  readonly #progress = fetchProgress(() => performance.now())
  readonly #running: Promise<void>
  #consumer: Consumer | undefined
  #commitOffsets: ((offsets: Offsets) => Promise<void>) | undefined
  #joinAllowed: boolean
  #metadata: string | undefined
  #joined = false
  #fetching = true
  #lastActivityAt = performance.now()
  #lastFetchAt = 0

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#joinAllowed = options.mayJoin === undefined
    const { spacing = usualSpacing, processorWait } = options
    this.#spacing = fetchSpacing(spacing, () => performance.now(), processorWait)
    this.#running = this.#runConsumers()
  }

  port(): Membership {
    const isJoined = (): boolean => this.#joined
    return {
      get joined() {
        return isJoined()
      },
      silentForMs: () => performance.now() - this.#lastActivityAt,
      commit: (offsets) => this.#commit(offsets),
      stopFetching: () => this.#stopFetching(),
      close: async () => {
        this.#closing.abort()
        await this.#running
      },
    }
  }

  async #runConsumers(): Promise<void> {
    const { signal } = this.#closing
    for (let failures = 0; !signal.aborted;) {
      this.#lastActivityAt = performance.now()
      const startedAt = this.#lastActivityAt
      try {
        await this.#runConsumer()
      } catch (thrown) {
        if (signal.aborted || !this.#fetching) return
        // A consumer that lasted was no part of a series of failures.
        failures = performance.now() - startedAt > 60_000 ? 1 : failures + 1
        this.#options.onCrash(errorOf(thrown))
        await pause(backoffMs(failures, outageBackoff), signal).catch((error: unknown) => {
          if (!(error instanceof RetryAbortedError)) throw error
        })
      }
    }
  }

  async #runConsumer(): Promise<void> {
    const consumer = createGroupConsumer(this.#options)
    const life: ConsumerLife = { consumer, end: Promise.withResolvers(), over: false }
    const watch = setInterval(() => {
      if (performance.now() - this.#lastActivityAt > silenceLimitMs)
        life.end.resolve(new Error('the consumer has sent no heartbeat and fetched nothing'))
      if (this.#progress.stuckForMs() > silenceLimitMs)
        life.end.resolve(new Error('the consumer sends heartbeats, and a broker answers none of its fetches'))
    }, 10_000)
    this.#progress.reset()
    consumer.on(consumer.events.CRASH, ({ payload }) => life.end.resolve(payload.error))
    const close = (): void => life.end.resolve(undefined)
    this.#closing.signal.addEventListener('abort', close)
    this.#observe(life)
    try {
      this.#consumer = consumer
      const error = await Promise.race([life.end.promise, this.#consume(life)])
      if (error) throw error
    } finally {
      life.over = true
      clearInterval(watch)
      this.#closing.signal.removeEventListener('abort', close)
      this.#joined = false
      this.#commitOffsets = undefined
      await withDeadline(stopTimeoutMs, 'leaving the group', consumer.disconnect()).catch(() => undefined)
    }
  }

  #observe(life: ConsumerLife): void {
    const { consumer } = life
    const { events } = consumer
    for (const sign of [events.FETCH, events.HEARTBEAT, events.GROUP_JOIN] as const) {
      consumer.on(sign, () => {
        if (!life.over) this.#lastActivityAt = performance.now()
      })
    }
    consumer.on(events.FETCH_START, ({ payload }) => {
      if (life.over) return
      this.#progress.started(payload.nodeId)
      this.#options.onFetchStart()
    })
    consumer.on(events.FETCH, ({ payload }) => {
      if (life.over) return
      this.#progress.answered(payload.nodeId)
      this.#lastFetchAt = performance.now()
      this.#spacing.fetching()
      this.#options.onFetch(payload.duration / 1_000)
    })
    consumer.on(events.START_BATCH_PROCESS, ({ payload }) => {
      if (!life.over && payload.batchSize === 0) this.#options.onPassedOver(payload)
    })
    consumer.on(events.REBALANCING, ({ payload }) => {
      if (!life.over) beforeJoining.set(payload.memberId, this.#options.onRevoking())
    })
    consumer.on(events.GROUP_JOIN, ({ payload }) => {
      if (life.over) return
      this.#joined = true
      this.#progress.reset()
      // Until there is a batch to commit by: a batch without messages is not handed over.
      this.#commitOffsets ??= ({ topics }) =>
        consumer.commitOffsets(topics.flatMap(({ topic, partitions }) => partitions.map((one) => ({ topic, ...one }))))
      this.#options.onAssigned(payload.memberAssignment)
      if (!this.#fetching) this.#pauseAll(consumer)
    })
  }

  async #consume(life: ConsumerLife): Promise<Error | undefined> {
    const { consumer } = life
    if (!this.#joinAllowed) this.#metadata = await this.#options.mayJoin?.()
    this.#joinAllowed = true
    if (life.over) return undefined
    await consumer.connect()
    await consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true })
    if (life.over) return undefined
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: maxPartitionsAtOnce,
      eachBatch: async (payload) => {
        if (!life.over) await this.#handOver(payload)
      },
    })
    return life.end.promise
  }

  async #handOver(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload
    this.#commitOffsets = (offsets) => payload.commitOffsetsIfNecessary(offsets)
    this.#spacing.recordResult(batch.messages.length, BigInt(batch.offsetLag()) > 0n)
    await this.#options.onBatch(payload)
    // The first message after a lull is fetched at once; those that follow come together.
    const waitMs = this.#lastFetchAt + this.#spacing.ms - performance.now()
    if (waitMs > 0) await sleep(waitMs)
  }

  async #commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    if (offsets.length === 0) return
    if (!this.#commitOffsets) throw new NotAMemberError('there is no consumer to commit offsets with')
    const { processorWait, local = false } = this.#options
    const notes = { processorWait: processorWait?.share() ?? 0, local }
    await withDeadline(
      commitTimeoutMs,
      'committing',
      this.#commitOffsets({ topics: offsetsByTopic(offsets, this.#metadata, notes) }),
    )
  }

  #stopFetching(): void {
    this.#fetching = false
    try {
      if (this.#joined && this.#consumer) this.#pauseAll(this.#consumer)
    } catch (error) {
      // The consumer was just lost: it fetches no more by itself.
      this.#options.logger.debug({ error }, 'the consumer could not be paused')
    }
  }

  #pauseAll(consumer: Consumer): void {
    consumer.pause(this.#options.topics.map((topic) => ({ topic })))
  }
}

/**
 * Offsets stay as they are until there is a member again; messages done behind them come again, and
 * the inbox recognizes them.
 */
class NotAMemberError extends Error {
  override readonly name = 'NotAMemberError'
  readonly reason = 'NotAMember'
  readonly retry = true
}
