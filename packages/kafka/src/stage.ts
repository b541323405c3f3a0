// How does a stage turn a consumer group's messages into effects and further events, exactly once
// in effect?
//
// A fetched message is in flight: it is decoded, prepared (calls to other systems, in parallel, in
// order for each key), then shares a transaction with all others that are ready; then its events
// are published; only then may its offset be committed. A crash at any point redelivers it, and the
// transaction (the stage's inbox) shows what it has done before.
import { createAssignments } from './consumer/assignments.ts'
import type { Assignments } from './consumer/assignments.ts'
import { pause } from './consumer/backoff.ts'
import type { Backoff } from '@orderpipeline/retry'
import { errorOf } from './client/failure.ts'
import { createFetchAdmission } from './admission/fetch-admission.ts'
import { createGroupCommit } from './processing/group-commit.ts'
import type { GroupCommit } from './processing/group-commit.ts'
import { ForeignGroupError } from './consumer/group-owner.ts'
import { createInFlightLimit } from './admission/in-flight-limit.ts'
import { createKeySerialExecutor } from './processing/key-serial-executor.ts'
import type { KeySerialExecutor, ReadyWork } from './processing/key-serial-executor.ts'
import { createLanes } from './processing/lanes.ts'
import { linesAbout } from './processing/log-fields.ts'
import { createStandstill } from './consumer/standstill.ts'
import { createProcessorWait } from './consumer/processor-wait.ts'
import { startMembership } from './consumer/membership.ts'
import type { Membership, PassedOver } from './consumer/membership.ts'
import { acceptMessage } from './processing/message-in-flight.ts'
import type { MessagePath } from './processing/message-in-flight.ts'
import { createStageMetrics, reasonOf } from './metrics.ts'
import type { StageMetrics } from './metrics.ts'
import { createPartitionOwnership } from './admission/partition-ownership.ts'
import type { PartitionOwnership } from './admission/partition-ownership.ts'
import { createPreparation } from './processing/preparation.ts'
import type { Preparation } from './processing/preparation.ts'
import { createRetryWaits } from './processing/retry-waits.ts'
import type { RetryWaits } from './processing/retry-waits.ts'
import { createSettledItems } from './processing/settled-items.ts'
import type { SettledItems } from './processing/settled-items.ts'
import type { Stage, StageOptions } from './processing/stage-options.ts'

/**
 * Messages in flight: enough that hot keys do not starve the rest, small enough to hold in memory.
 */
const maxInFlight = 1_000
/** How much a crash redelivers, and by how much the lag that scales the stage may look too high. */
const commitEveryMs = 1_000
/** How long a message may wait for what others get, with its partition's offset before it. */
const stalledForMs = 3_600_000
const hungAfterMs = 300_000
const notJoined = 'not a member of its consumer group yet'

export function runStage<Message, Item>(options: StageOptions<Message, Item>): Stage {
  return new RunningStage(options).port()
}

class RunningStage<Message, Item> {
  readonly #options: StageOptions<Message, Item>
  readonly #backoff: Backoff
  readonly #abandon = new AbortController()
  readonly #draining = new AbortController()
  readonly #metrics: StageMetrics
  readonly #inFlightLimit = createInFlightLimit(maxInFlight)
  readonly #standstill = createStandstill(() => performance.now())
  readonly #processorWait = createProcessorWait(() => performance.now())
  readonly #retryWaits: RetryWaits
  readonly #ownership: PartitionOwnership
  readonly #settledItems: SettledItems<Item>
  readonly #executor: KeySerialExecutor
  readonly #assignments: Assignments
  readonly #membership: Membership
  #everReady = false
  /** Why it is not in its group. */
  #outside = notJoined

  constructor(options: StageOptions<Message, Item>) {
    this.#options = options
    const lanes = options.lanes && createLanes<ReadyWork>(options.lanes.settings)
    this.#executor = createKeySerialExecutor(options.concurrency, lanes)
    this.#backoff = { firstMs: options.retry.backoffSeconds * 1_000, maxMs: 60_000 }
    this.#metrics = createStageMetrics(options.registry, {
      inFlight: () => this.#inFlightLimit.inFlight,
      lag: () => this.#assignments.current.tracker.lag(),
      quarantinedPartitions: () => this.#ownership.quarantine?.partitions.length ?? 0,
      holding: () => options.hold?.() ?? false,
      waiting: lanes && (() => lanes.waiting()),
      standstillSeconds: () => this.#standstill.seconds(),
      processorWaitSeconds: this.#processorWait && (() => this.#processorWait?.seconds() ?? 0),
    })
    this.#retryWaits = createRetryWaits(() => {
      if (this.#ownership.quarantine?.active) this.#inFlightLimit.wake()
    })
    this.#ownership = createPartitionOwnership({
      ownershipStore: options.ownershipStore,
      logger: options.logger,
      onChange: () => this.#inFlightLimit.wake(),
    })
    this.#settledItems = createSettledItems(options.settle)
    this.#assignments = this.#createAssignments()
    this.#membership = this.#startMembership()
  }

  port(): Stage {
    return {
      ready: () => this.#ready(),
      healthy: () => this.#membership.silentForMs() < hungAfterMs || 'the consumer has hung',
      drain: (graceMs) => this.#drain(graceMs),
    }
  }

  #createAssignments(): Assignments {
    return createAssignments({
      everyMs: commitEveryMs,
      classes: this.#options.lanes?.settings.map(({ name }) => name),
      draining: this.#draining.signal,
      // A crash after their offsets and before their transaction would leave them unsettled for
      // ever.
      settle: () => this.#settledItems.settleAll(),
      commit: (offsets) => this.#membership.commit(offsets),
      onError: (error) => this.#options.logger.warn({ error }, 'offsets not committed yet'),
    })
  }

  #createGroups(): GroupCommit<Item> {
    const { producer, maxGroup = 500, retry, logger } = this.#options
    const metrics = this.#metrics
    return createGroupCommit<Item>({
      effect: (items) => this.#settledItems.include((settled) => this.#options.effect(items, settled)),
      publish: (records) => producer.send(records),
      onPublished: (items) => this.#settledItems.add(items),
      maxGroup,
      attempts: retry.attempts,
      backoff: this.#backoff,
      stalledForMs,
      draining: this.#draining.signal,
      abandon: this.#abandon.signal,
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
  }

  #createPreparation(): Preparation<Message, Item> | undefined {
    const { prepare, retry, logger } = this.#options
    if (!prepare) return undefined
    return createPreparation({
      prepare,
      attempts: retry.attempts,
      backoff: this.#backoff,
      stalledForMs,
      abandon: this.#abandon.signal,
      onRetry: (error, failures, about) => {
        this.#metrics.retries.inc({ what: 'preparation' })
        logger.warn({ ...about, error, failures }, 'preparation failed; trying again')
      },
    })
  }

  #messagePath(): MessagePath<Message, Item> {
    return {
      options: this.#options,
      prepare: this.#createPreparation(),
      inFlightLimit: this.#inFlightLimit,
      retryWaits: this.#retryWaits,
      executor: this.#executor,
      assignments: this.#assignments,
      groups: this.#createGroups(),
      draining: this.#draining.signal,
      metrics: this.#metrics,
      logger: this.#options.logger,
    }
  }

  #startMembership(): Membership {
    const { address, groupId, rebalanceSeconds, topics, mayJoin, spacing, logger, hold } = this.#options
    const path = this.#messagePath()
    const onBatch = createFetchAdmission({
      inFlightLimit: this.#inFlightLimit,
      assignments: this.#assignments,
      ownership: this.#ownership,
      accept: (record, assignment, failure) => acceptMessage(path, record, assignment, failure),
      hold,
      draining: this.#draining.signal,
      waitingForRetry: () => this.#retryWaits.count,
    })
    return startMembership({
      ...{ address, groupId, rebalanceSeconds, topics, spacing, logger, onBatch },
      processorWait: this.#processorWait,
      local: this.#options.prepare === undefined,
      ...(mayJoin ? { mayJoin: () => this.#checkMayJoin(mayJoin) } : {}),
      onAssigned: (partitions) => {
        this.#metrics.rebalances.inc()
        this.#assignments.begin(partitions)
        this.#executor.dropWaiting()
        this.#standstill.assign(this.#assignments.current.partitionCount > 0)
        this.#ownership.take(partitions)
      },
      onRevoking: () => {
        this.#standstill.revoke(this.#assignments.current.open && this.#assignments.current.partitionCount > 0)
        this.#endAssignment()
        return this.#ownership.release()
      },
      onPassedOver: (batch) => this.#passOver(batch),
      onFetchStart: () => this.#standstill.fetch(),
      onFetch: (seconds) => this.#metrics.fetchSeconds.observe(seconds),
      onCrash: (error) => {
        this.#metrics.crashes.inc()
        this.#standstill.cancel()
        this.#endAssignment()
        void this.#ownership.release()
        if (error instanceof ForeignGroupError) logger.error({ error }, 'this replica stays out of its consumer group')
        else logger.warn({ error }, 'the consumer was lost; creating a new one')
      },
    })
  }

  /** What waits for a place would only end in its turn: its next owner begins it. */
  #endAssignment(): void {
    this.#assignments.end()
    this.#executor.dropWaiting()
  }

  async #checkMayJoin(mayJoin: () => Promise<string | undefined>): Promise<string | undefined> {
    try {
      const metadata = await mayJoin()
      this.#outside = notJoined
      return metadata
    } catch (error) {
      this.#outside = errorOf(error).message
      throw error
    }
  }

  #passOver({ topic, partition, lastOffset, highWatermark }: PassedOver): void {
    const assignment = this.#assignments.current
    if (!assignment.owns(topic, partition)) return
    assignment.tracker.recordEnd(topic, partition, highWatermark)
    assignment.tracker.take(topic, partition, lastOffset)()
    this.#assignments.scheduleCommit(assignment)
  }

  #ready(): true | string {
    this.#everReady ||= this.#membership.joined && this.#ownership.quarantine !== undefined
    if (this.#everReady) return true
    return this.#membership.joined ? 'the database has not answered yet' : this.#outside
  }

  async #drain(graceMs: number): Promise<void> {
    this.#draining.abort()
    this.#membership.stopFetching()
    const deadline = performance.now() + graceMs
    while (this.#inFlightLimit.inFlight > 0 && performance.now() < deadline) await pause(20, this.#abandon.signal)
    this.#abandon.abort()
    await this.#assignments.flush()
    await this.#ownership.close()
    await this.#membership.close()
  }
}
