// How does a replica stay a member of its consumer group through crashes, outages and rebalances,
// until it is stopped?
//
// Each kafkajs consumer ends in a crash or in `close`. After a crash a new consumer is made,
// however often, with backoff: kafkajs restarts only after errors that it deems retriable, and a
// stage must survive the others too.
import type { Consumer, EachBatchPayload, Offsets } from 'kafkajs'
import { backoffMs, sleep, withDeadline } from '@orderpipeline/retry'
import type { Logger } from '@orderpipeline/telemetry'
import { Abandoned, outageBackoff, pause } from './backoff.ts'
import { createClient, patience } from './client.ts'
import { beforeJoining } from './kafkajs-patches.ts'
import type { KafkaAddress } from './client.ts'
import { errorOf } from './failure.ts'
import { fetchSpacing, usualSpacing } from './fetch-spacing.ts'
import type { FetchSpacingBounds } from './fetch-spacing.ts'
import type { OffsetToCommit } from './offset-tracker.ts'

export interface MembershipOptions {
  readonly address: KafkaAddress
  readonly groupId: string
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
  /** A broker has answered: how long that took, the wait for messages to come included. */
  readonly onFetch: (seconds: number) => void
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

const sessionTimeoutMs = 30_000
/**
 * How long a rebalance waits for members. While a stage scales from 5 to 100 pods a member is
 * nearly always about to join, so the whole group stands still for this long at a time; a member
 * that is late only joins again. Messages in flight do not hold a member back: its batches only
 * take messages in.
 */
const rebalanceTimeoutMs = 15_000
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
  const { logger, topics, groupId } = options
  const closing = new AbortController()
  let consumer: Consumer | undefined
  let commitOffsets: ((offsets: Offsets) => Promise<void>) | undefined
  let joinAllowed = options.mayJoin === undefined
  let metadata: string | undefined
  let joined = false
  let fetching = true
  let lastActivityAt = performance.now()
  let lastFetchAt = 0
  const spacing = fetchSpacing(options.spacing ?? usualSpacing, () => performance.now())

  const runConsumer = async (): Promise<void> => {
    const member = createClient(options.address, logger).consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      heartbeatInterval: 3_000,
      maxWaitTimeInMs: 500,
      minBytes: 1,
      maxBytesPerPartition: 256 * 1024,
      maxBytes: 4 * 1024 * 1024,
      allowAutoTopicCreation: false,
      retry: { ...patience, restartOnFailure: () => Promise.resolve(false) },
    })
    const end = Promise.withResolvers<Error | undefined>()
    // A consumer that was given up on may wake up after all; its later events and batches are
    // ignored.
    let over = false
    const watch = setInterval(() => {
      if (performance.now() - lastActivityAt > silenceLimitMs)
        end.resolve(new Error('the consumer shows no sign of life'))
    }, 10_000)
    member.on(member.events.CRASH, ({ payload }) => end.resolve(payload.error))
    const close = (): void => end.resolve(undefined)
    closing.signal.addEventListener('abort', close)
    for (const sign of [member.events.FETCH, member.events.HEARTBEAT, member.events.GROUP_JOIN] as const) {
      member.on(sign, () => {
        if (!over) lastActivityAt = performance.now()
      })
    }
    member.on(member.events.FETCH, ({ payload }) => {
      if (over) return
      lastFetchAt = performance.now()
      spacing.fetching()
      options.onFetch(payload.duration / 1_000)
    })
    member.on(member.events.START_BATCH_PROCESS, ({ payload }) => {
      if (!over && payload.batchSize === 0) options.onPassedOver(payload)
    })
    member.on(member.events.REBALANCING, ({ payload }) => {
      if (!over) beforeJoining.set(payload.memberId, options.onRevoking())
    })
    member.on(member.events.GROUP_JOIN, ({ payload }) => {
      if (over) return
      joined = true
      // Until there is a batch to commit by: a batch without messages is not handed over.
      commitOffsets ??= ({ topics: of }) =>
        member.commitOffsets(of.flatMap(({ topic, partitions }) => partitions.map((one) => ({ topic, ...one }))))
      options.onAssigned(payload.memberAssignment)
      if (!fetching) pauseAll(member)
    })
    const begin = async (): Promise<Error | undefined> => {
      if (!joinAllowed) metadata = await options.mayJoin?.()
      joinAllowed = true
      if (over) return undefined
      await member.connect()
      await member.subscribe({ topics: [...topics], fromBeginning: true })
      if (over) return undefined
      await member.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: maxPartitionsAtOnce,
        eachBatch: async (payload) => {
          if (over) return
          commitOffsets = (offsets) => payload.commitOffsetsIfNecessary(offsets)
          const { batch } = payload
          spacing.brought(batch.messages.length, BigInt(batch.offsetLag()) > 0n)
          await options.onBatch(payload)
          // The first message after a lull is fetched at once; those that follow come together.
          const waitMs = lastFetchAt + spacing.ms - performance.now()
          if (waitMs > 0) await sleep(waitMs)
        },
      })
      return end.promise
    }
    try {
      consumer = member
      const error = await Promise.race([end.promise, begin()])
      if (error) throw error
    } finally {
      over = true
      clearInterval(watch)
      closing.signal.removeEventListener('abort', close)
      joined = false
      commitOffsets = undefined
      await withDeadline(stopTimeoutMs, 'leaving the group', member.disconnect()).catch(() => undefined)
    }
  }

  const runConsumers = async (): Promise<void> => {
    for (let failures = 0; !closing.signal.aborted;) {
      lastActivityAt = performance.now()
      const startedAt = lastActivityAt
      try {
        await runConsumer()
      } catch (thrown) {
        if (closing.signal.aborted || !fetching) return
        // A consumer that lasted was no part of a series of failures.
        failures = performance.now() - startedAt > 60_000 ? 1 : failures + 1
        options.onCrash(errorOf(thrown))
        await pause(backoffMs(failures, outageBackoff), closing.signal).catch((error: unknown) => {
          if (!(error instanceof Abandoned)) throw error
        })
      }
    }
  }
  const running = runConsumers()

  const pauseAll = (of: Consumer): void => {
    of.pause(topics.map((topic) => ({ topic })))
  }

  return {
    get joined() {
      return joined
    },
    silentForMs: () => performance.now() - lastActivityAt,
    commit: async (offsets) => {
      if (offsets.length === 0) return
      if (!commitOffsets) throw new NotAMember('there is no consumer to commit offsets with')
      await withDeadline(commitTimeoutMs, 'committing', commitOffsets({ topics: byTopic(offsets, metadata) }))
    },
    stopFetching: () => {
      fetching = false
      try {
        if (joined && consumer) pauseAll(consumer)
      } catch (error) {
        // The consumer was just lost: it fetches no more by itself.
        logger.debug({ error }, 'the consumer could not be paused')
      }
    },
    close: async () => {
      closing.abort()
      await running
    },
  }
}

/**
 * Offsets stay as they are until there is a member again; messages done behind them come again, and
 * the inbox recognizes them.
 */
class NotAMember extends Error {
  override readonly name = 'NotAMember'
  readonly reason = 'NotAMember'
  readonly retry = true
}

function byTopic(offsets: readonly OffsetToCommit[], metadata: string | undefined) {
  const topics = new Map<string, { partition: number; offset: string; metadata?: string }[]>()
  for (const { topic, partition, offset } of offsets) {
    const one = { partition, offset, ...(metadata === undefined ? {} : { metadata }) }
    const of = topics.get(topic)
    if (of) of.push(one)
    else topics.set(topic, [one])
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
}
