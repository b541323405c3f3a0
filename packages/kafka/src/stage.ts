// How does a stage turn a consumer group's messages into effects and further events, exactly once
// in effect?
//
// A fetched message is in flight: it is decoded, prepared (calls to other systems, in parallel, in
// order for each key), then shares a transaction with all others that are ready; then its events
// are published; only then may its offset be committed. A crash at any point redelivers it, and the
// transaction (the stage's inbox) shows what it has done before.
import type { Logger, Registry, Span } from '@orderpipeline/telemetry'
import { Abandoned, delayMs, outageBackoff, pause } from './backoff.ts'
import type { KafkaAddress } from './client.ts'
import { createPartitionOwnership } from './partition-ownership.ts'
import type { PartitionOwnershipStore } from './partition-ownership.ts'
import { deadLetter, UndecodableRecordBatch } from './dead-letter.ts'
import type { Failure } from './dead-letter.ts'
import { createAssignments } from './assignments.ts'
import type { Assignment } from './assignments.ts'
import { errorOf, stallOf, verdictOn } from './failure.ts'
import { GroupOfAnother } from './group-owner.ts'
import { createGroupCommit } from './group-commit.ts'
import type { Effect } from './group-commit.ts'
import { createFetchAdmission } from './fetch-admission.ts'
import type { InFlightMessage } from './fetch-admission.ts'
import type { FetchSpacingBounds } from './fetch-spacing.ts'
import { createKeySerialExecutor } from './key-serial-executor.ts'
import type { Slot } from './key-serial-executor.ts'
import { linesAbout } from './log-fields.ts'
import type { LogFields } from './log-fields.ts'
import { startMembership } from './membership.ts'
import { createStageMetrics, reasonOf } from './metrics.ts'
import { createResting } from './resting.ts'
import type { RestingMessage } from './resting.ts'
import type { Producer } from './producer.ts'
import { forAnotherStage } from './replay.ts'
import type { ConsumedRecord, OutgoingRecord } from './records.ts'
import { createInFlightLimit } from './in-flight-limit.ts'

export interface StageOptions<Message, Item> {
  readonly name: string
  readonly address: KafkaAddress
  readonly groupId: string
  readonly topics: readonly string[]
  readonly deadLetterTopic: string
  /** Calls of `prepare` under way at once. */
  readonly concurrency: number
  readonly retry: { readonly attempts: number; readonly backoffSeconds: number }
  /**
   * `undefined`: the message does not concern this stage and is done at once. An error makes a dead
   * letter.
   */
  readonly decode: (record: ConsumedRecord) => Message | undefined
  /** The fields of its log lines, next to its place in Kafka. */
  readonly describe?: ((message: Message) => LogFields) | undefined
  /** Calls to other systems, which must be repeatable. `undefined` for stages without any. */
  readonly prepare: ((message: Message, signal: AbortSignal) => Promise<Item>) | undefined
  /**
   * Calls for these need not wait for calls for earlier messages of their key, as a cancellation
   * need not wait for a payment that does not end. Among themselves they keep their order, and in
   * the transaction all messages do that are ready.
   */
  readonly overtakes?: ((message: Message) => boolean) | undefined
  /** While it returns true, messages stay in Kafka; the replica stays a member of the group. */
  readonly hold?: () => boolean
  /** From one fetch that brought messages to the next; by default `usualSpacing`. */
  readonly spacing?: FetchSpacingBounds | undefined
  /** For stages without `prepare`. */
  readonly itemOf: (message: Message) => Item
  /**
   * One transaction for all items, in order: it stores the effect and the events of each new item;
   * for items that it has applied before, nothing. Returns the records that may not be published
   * yet, in order. The events of `settled` items are published and need not be kept.
   */
  readonly effect: (items: readonly Item[], settled: readonly Item[]) => Promise<Effect<Item>>
  /** As `effect` with nothing new. */
  readonly settle: (settled: readonly Item[]) => Promise<void>
  /**
   * Called before the group is joined, until it resolves: to the metadata that offsets are
   * committed with. It rejects where the replica must not join, and its message says why.
   */
  readonly mayJoin?: (() => Promise<string | undefined>) | undefined
  /** The record of partition ownership, kept where it outlives the replica. */
  readonly holdings: PartitionOwnershipStore
  /**
   * Set where traces are wanted: a span for the work on a message, and the message with the trace
   * that its events must carry on.
   */
  readonly trace?: ((message: Message, record: ConsumedRecord) => { message: Message; span: Span }) | undefined
  readonly producer: Producer
  readonly registry: Registry
  readonly logger: Logger
  readonly now: () => Date
  /** Messages that may share a transaction. */
  readonly maxGroup?: number
}

export interface Stage {
  /**
   * `true` once it has been a member of its group, with or without partitions, and the database has
   * answered; otherwise why not. A later outage is no reason to hold back a rollout or to take the
   * replica for a bad one.
   */
  ready(): true | string
  /** `true`, or why this process should be replaced. */
  healthy(): true | string
  /**
   * Ends what is in flight, commits, leaves the group. What has not ended within the grace is left
   * to redelivery.
   */
  drain(graceMs: number): Promise<void>
}

interface Preparing {
  readonly waits: RestingMessage
  readonly place: Slot
  readonly ending: AbortSignal
  readonly about: LogFields
}

/**
 * Messages in flight: enough that hot keys do not starve the rest, small enough to hold in memory.
 */
const maxInFlight = 1_000
/** How much a crash redelivers, and by how much the lag that scales the stage may look too high. */
const commitEveryMs = 1_000
/** How long a message may wait for what others get, with its partition's offset before it. */
const stalledForMs = 3_600_000
const hungAfterMs = 300_000
/** Tries in an outage before a message releases its place: some six seconds of them. */
const slotHoldingTries = 5

export function runStage<Message, Item>(options: StageOptions<Message, Item>): Stage {
  const { logger, retry, producer } = options
  const metrics = createStageMetrics(options.registry, {
    inHand: () => inFlightLimit.inFlight,
    lag: () => assignments.current.tracker.lag(),
    careful: () => ownership.quarantine?.partitions.length ?? 0,
    holding: () => options.hold?.() ?? false,
  })
  const backoff = { firstMs: retry.backoffSeconds * 1_000, maxMs: 60_000 }
  const abandon = new AbortController()
  const draining = new AbortController()
  /** Calls that have ended, those of all messages. */
  let answeredCount = 0
  const resting = createResting(() => {
    if (ownership.quarantine && ownership.quarantine.partitions.length > 0) inFlightLimit.wake()
  })
  const executor = createKeySerialExecutor(options.concurrency)
  const inFlightLimit = createInFlightLimit(maxInFlight)
  const ownership = createPartitionOwnership({
    ownershipStore: options.holdings,
    logger,
    onChange: () => inFlightLimit.wake(),
  })
  let everReady = false
  let outside = 'not a member of its consumer group yet'
  const mayJoin = options.mayJoin
  const checkMayJoin = async (): Promise<string | undefined> => {
    try {
      const metadata = await mayJoin?.()
      outside = 'not a member of its consumer group yet'
      return metadata
    } catch (error) {
      outside = errorOf(error).message
      throw error
    }
  }
  let itemsToSettle: Item[] = []

  /**
   * The last transaction that included settled items: until it has committed, they are not settled.
   */
  let settling: Promise<unknown> = Promise.resolve()
  const withSettled = async <T>(work: (items: readonly Item[]) => Promise<T>): Promise<T> => {
    const batch = itemsToSettle
    itemsToSettle = []
    const working = work(batch)
    if (batch.length > 0) {
      settling = working
      settling.catch(() => undefined)
    }
    try {
      return await working
    } catch (error) {
      itemsToSettle = batch.concat(itemsToSettle)
      if (settling === working) settling = Promise.resolve()
      throw error
    }
  }
  const assignments = createAssignments({
    everyMs: commitEveryMs,
    draining: draining.signal,
    settle: async () => {
      // A crash after their offsets and before their transaction would leave them unsettled for
      // ever.
      await settling
      if (itemsToSettle.length > 0) await withSettled(options.settle)
      await settling
    },
    commit: (offsets) => membership.commit(offsets),
    onError: (error) => logger.warn({ error }, 'offsets not committed yet'),
  })
  const groups = createGroupCommit<Item>({
    effect: (items) => withSettled((settledItems) => options.effect(items, settledItems)),
    publish: (records) => producer.send(records),
    published: (items) => itemsToSettle.push(...items),
    maxGroup: options.maxGroup ?? 500,
    attempts: retry.attempts,
    backoff,
    stalledForMs,
    draining: draining.signal,
    abandon: abandon.signal,
    on: {
      group: (size, seconds) => {
        metrics.batchSize.observe(size)
        metrics.batchSeconds.observe(seconds)
      },
      retry: (what, error, failures, about) => {
        metrics.retries.inc({ what })
        logger.warn({ ...linesAbout(about), error, failures }, `${what} failed; trying again`)
      },
      published: (records) => {
        for (const { topic } of records) metrics.produced.inc({ topic })
      },
      deadLetter: ({ error, attempts }, about) => {
        metrics.deadLetters.inc({ reason: reasonOf(error) })
        logger.error({ ...about, error, attempts }, 'a message goes to the dead-letter topic')
      },
    },
  })

  const accept = (record: ConsumedRecord, assignment: Assignment, failure?: Failure): InFlightMessage => {
    const startedAt = performance.now()
    const markDone = assignment.tracker.take(record.topic, record.partition, record.offset)
    inFlightLimit.take()
    // Without a key there is no order to keep.
    const key = record.key?.toString('latin1') ?? `${record.topic}/${record.partition}/${record.offset}`
    let waits = resting.enter()
    const inFlightMessage = {
      over: false,
      get resting() {
        return waits.resting
      },
    }
    const release = (): void => {
      waits.leave()
      waits.aside(false)
      inFlightMessage.over = true
      inFlightLimit.release()
    }
    let span: Span | undefined = undefined
    const finish = (): void => {
      markDone()
      span?.end()
      release()
      metrics.consumed.inc({ topic: record.topic })
      metrics.processingSeconds.observe((performance.now() - startedAt) / 1_000)
      assignments.moved(assignment)
    }
    const deadLetterOf = (failure: Failure): OutgoingRecord => {
      span?.fail(failure.error)
      return deadLetter(record, failure, options.name, options.deadLetterTopic, options.now())
    }
    let about: LogFields = { topic: record.topic, partition: record.partition, offset: record.offset }
    const live = (): boolean => assignments.current === assignment && assignment.open
    const send = (outcome: { item: Item } | { failure: Failure }): void => {
      waits.leave()
      groups.add({
        key,
        about,
        outcome,
        done: finish,
        live,
        leave: release,
        aside: (waiting) => waits.aside(waiting),
        deadLetter: deadLetterOf,
      })
    }

    const handle = (): void => {
      if (forAnotherStage(record.headers, options.name)) return finish()
      if (failure) return send({ failure })
      const { undecodable } = record
      if (undecodable) {
        if (record.offset !== undecodable.firstOffset) return finish()
        return send({ failure: { error: new UndecodableRecordBatch(undecodable), attempts: 1 } })
      }
      let message: Message | undefined
      try {
        message = options.decode(record)
      } catch (thrown) {
        return send({ failure: { error: errorOf(thrown), attempts: 1 } })
      }
      if (message === undefined) return finish()
      about = { ...about, ...options.describe?.(message) }
      const trace = options.trace?.(message, record)
      span = trace?.span
      const decoded = trace?.message ?? message
      const { prepare } = options
      if (!prepare) return send({ item: options.itemOf(decoded) })
      const queueKey = options.overtakes?.(decoded) ? `${key}\novertaking` : key
      waits = resting.enter(queueKey)
      executor.add(queueKey, async (place) => {
        try {
          if (assignment.ending.aborted || !live()) throw new Abandoned('its partition is being revoked')
          send(await prepareWithRetries(prepare, decoded, { waits, place, ending: assignment.ending, about }))
        } catch (error) {
          release()
          if (!(error instanceof Abandoned)) logger.error({ ...about, error }, 'a message could not be handled')
        }
      })
    }
    handle()
    return inFlightMessage
  }

  const prepareWithRetries = async (
    prepare: (message: Message, signal: AbortSignal) => Promise<Item>,
    message: Message,
    { waits, place, ending, about }: Preparing,
  ): Promise<{ item: Item } | { failure: Failure }> => {
    const countBefore = answeredCount
    const since = performance.now()
    for (let failures = 0, outages = 0; ;) {
      try {
        const item = await prepare(message, abandon.signal)
        answeredCount++
        return { item }
      } catch (thrown) {
        const error = errorOf(thrown)
        if (abandon.signal.aborted) throw new Abandoned('no time left for another attempt', { cause: error })
        const verdict = verdictOn(error)
        if (verdict !== 'outage') failures++
        if (verdict === 'never' || failures >= retry.attempts) return { failure: { error, attempts: failures } }
        metrics.retries.inc({ what: 'preparation' })
        logger.warn({ ...about, error, failures }, 'preparation failed; trying again')
        // Neither a drain nor a rebalance waits for a later try: the next owner of the partition
        // makes it. In an outage every message would fail likewise, so its place is kept: other
        // messages in it would only be more calls to a system that is away. A message that fails
        // while others succeed, or for longer than an outage is likely to concern all, must not
        // keep the place from them.
        if (verdict !== 'outage') await waits.during(place.releaseWhile(pause(delayMs(failures, backoff), ending)))
        else {
          const othersAnswered = answeredCount > countBefore
          if (othersAnswered && performance.now() - since >= stalledForMs)
            return { failure: { error, attempts: outages } }
          const isOwnFailure = stallOf(error) !== undefined || othersAnswered || outages >= slotHoldingTries
          const wait = pause(delayMs(++outages, isOwnFailure ? backoff : outageBackoff), ending)
          await waits.during(isOwnFailure ? place.releaseWhile(wait) : wait)
        }
      }
    }
  }

  const onBatch = createFetchAdmission({
    ...{ inFlightLimit, assignments, ownership, accept, hold: options.hold, draining: draining.signal },
    resting: () => resting.count,
  })

  const membership = startMembership({
    address: options.address,
    groupId: options.groupId,
    topics: options.topics,
    ...(mayJoin ? { mayJoin: checkMayJoin } : {}),
    spacing: options.spacing,
    logger,
    onBatch,
    onAssigned: (partitions) => {
      metrics.rebalances.inc()
      assignments.begin(partitions)
      ownership.take(partitions)
    },
    onRevoking: () => {
      assignments.end()
      return ownership.release()
    },
    onPassedOver: ({ topic, partition, lastOffset, highWatermark }) => {
      const assignment = assignments.current
      if (!assignment.owns(topic, partition)) return
      assignment.tracker.sawEnd(topic, partition, highWatermark)
      assignment.tracker.take(topic, partition, lastOffset)()
      assignments.moved(assignment)
    },
    onFetch: (seconds) => metrics.fetchSeconds.observe(seconds),
    onCrash: (error) => {
      metrics.crashes.inc()
      assignments.end()
      void ownership.release()
      if (error instanceof GroupOfAnother) logger.error({ error }, 'this replica stays out of its consumer group')
      else logger.warn({ error }, 'the consumer was lost; creating a new one')
    },
  })

  return {
    ready: () => {
      everReady ||= membership.joined && ownership.quarantine !== undefined
      if (everReady) return true
      return membership.joined ? 'the database has not answered yet' : outside
    },
    healthy: () => membership.silentForMs() < hungAfterMs || 'the consumer has hung',
    drain: async (graceMs) => {
      draining.abort()
      membership.stopFetching()
      const deadline = performance.now() + graceMs
      while (inFlightLimit.inFlight > 0 && performance.now() < deadline) await pause(20, abandon.signal)
      abandon.abort()
      await assignments.flush()
      await ownership.close()
      await membership.close()
    },
  }
}
