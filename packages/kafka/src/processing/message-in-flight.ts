// How does one message go through a stage? It is decoded, prepared in the order of its key, and
// handed to the group commit, which ends it; or it ends at once, where it does not concern the
// stage.
import type { Logger } from '@orderpipeline/process'
import type { Span } from '@orderpipeline/telemetry'
import type { Assignment, Assignments } from '../consumer/assignments.ts'
import { RetryAbortedError } from '../consumer/backoff.ts'
import { deadLetter, UndecodableRecordBatchError } from '../dead-letters/dead-letter.ts'
import type { Failure } from '../dead-letters/dead-letter.ts'
import { errorOf } from '../client/failure.ts'
import type { InFlightMessage } from '../admission/fetch-admission-options.ts'
import type { GroupCommit } from './group-commit.ts'
import type { InFlightLimit } from '../admission/in-flight-limit.ts'
import type { KeySerialExecutor, Work } from './key-serial-executor.ts'
import type { LogFields } from './log-fields.ts'
import type { StageMetrics } from '../metrics.ts'
import type { Preparation, Prepared } from './preparation.ts'
import type { ConsumedRecord, OutgoingRecord } from '../client/records.ts'
import { forAnotherStage } from '../dead-letters/replay.ts'
import type { RetryWaits, RetryWait } from './retry-waits.ts'
import type { StageOptions } from './stage-options.ts'

/** What the messages of a stage share. */
export interface MessagePath<Message, Item> {
  readonly options: Pick<
    StageOptions<Message, Item>,
    'name' | 'deadLetterTopic' | 'decode' | 'describe' | 'overtakes' | 'lanes' | 'itemOf' | 'trace' | 'now'
  >
  /** `undefined` for stages without calls to other systems. */
  readonly prepare: Preparation<Message, Item> | undefined
  readonly inFlightLimit: InFlightLimit
  readonly retryWaits: RetryWaits
  readonly executor: KeySerialExecutor
  readonly assignments: Pick<Assignments, 'current' | 'scheduleCommit'>
  readonly groups: GroupCommit<Item>
  readonly draining: AbortSignal
  readonly metrics: Pick<StageMetrics, 'consumed' | 'processingSeconds'>
  readonly logger: Logger
}

/** Takes a message; `failure`: it is not to be handled, and why. */
export function acceptMessage<Message, Item>(
  path: MessagePath<Message, Item>,
  record: ConsumedRecord,
  assignment: Assignment,
  failure?: Failure,
): InFlightMessage {
  const message = new MessageInFlight(path, record, assignment)
  message.handle(failure)
  return message
}

class MessageInFlight<Message, Item> implements InFlightMessage {
  readonly #path: MessagePath<Message, Item>
  readonly #record: ConsumedRecord
  readonly #assignment: Assignment
  readonly #startedAt = performance.now()
  readonly #markDone: () => void
  readonly #key: string
  #waits: RetryWait
  #about: LogFields
  #span: Span | undefined
  /** The highest until its class is known: what cannot be read holds back every class. */
  #lane = 0
  #over = false

  constructor(path: MessagePath<Message, Item>, record: ConsumedRecord, assignment: Assignment) {
    const { topic, partition, offset } = record
    this.#path = path
    this.#record = record
    this.#assignment = assignment
    this.#markDone = assignment.tracker.take(topic, partition, offset, () => this.#lane)
    path.inFlightLimit.take()
    // Without a key there is no order to keep.
    this.#key = record.key?.toString('latin1') ?? `${topic}/${partition}/${offset}`
    this.#waits = path.retryWaits.enter()
    this.#about = { topic, partition, offset }
  }

  get over(): boolean {
    return this.#over
  }

  get waitsForRetry(): boolean {
    return this.#waits.waitsForRetry
  }

  get failedTries(): number {
    return this.#waits.failures
  }

  handle(failure: Failure | undefined): void {
    const { options } = this.#path
    const record = this.#record
    if (forAnotherStage(record.headers, options.name)) return this.#finish()
    if (failure) return this.#send({ failure })
    const { undecodable } = record
    if (undecodable) {
      if (record.offset !== undecodable.firstOffset) return this.#finish()
      return this.#send({ failure: { error: new UndecodableRecordBatchError(undecodable), attempts: 1 } })
    }
    let message: Message | undefined
    try {
      message = options.decode(record)
    } catch (thrown) {
      return this.#send({ failure: { error: errorOf(thrown), attempts: 1 } })
    }
    if (message === undefined) return this.#finish()
    this.#lane = options.lanes?.laneOf(message) ?? 0
    this.#about = { ...this.#about, ...options.describe?.(message) }
    const trace = options.trace?.(message, record)
    this.#span = trace?.span
    this.#prepare(trace?.message ?? message)
  }

  #prepare(message: Message): void {
    const { options, prepare, retryWaits, executor, draining, logger } = this.#path
    if (!prepare) return this.#send({ item: options.itemOf(message) })
    const queueKey = options.overtakes?.(message) ? `${this.#key}\novertaking` : this.#key
    const waits = retryWaits.enter(queueKey)
    this.#waits = waits
    const { ending } = this.#assignment
    const work: Work = async (place) => {
      try {
        // Its next owner begins it: a thousand calls to a slow system outlast the grace of a drain.
        if (draining.aborted || ending.aborted || !this.#live())
          throw new RetryAbortedError('its partition is being revoked')
        this.#send(await prepare(message, { waits, slot: place, ending, about: this.#about }))
      } catch (error) {
        this.#release()
        if (!(error instanceof RetryAbortedError))
          logger.error({ ...this.#about, error }, 'a message could not be handled')
      }
    }
    executor.add(queueKey, work, { lane: this.#lane, onDrop: () => this.#release() })
  }

  #send(outcome: Prepared<Item>): void {
    this.#waits.leave()
    this.#path.groups.add({
      key: this.#key,
      about: this.#about,
      outcome,
      finish: () => this.#finish(),
      live: () => this.#live(),
      leave: () => this.#release(),
      setWaiting: (waiting) => this.#waits.setInRetryQueue(waiting),
      deadLetter: (failure) => this.#deadLetter(failure),
    })
  }

  #live(): boolean {
    return this.#path.assignments.current === this.#assignment && this.#assignment.open
  }

  #deadLetter(failure: Failure): OutgoingRecord {
    const { name, deadLetterTopic, now } = this.#path.options
    this.#span?.fail(failure.error)
    return deadLetter(this.#record, failure, name, deadLetterTopic, now())
  }

  #finish(): void {
    const { metrics, assignments } = this.#path
    this.#markDone()
    this.#span?.end()
    this.#release()
    metrics.consumed.inc({ topic: this.#record.topic })
    const seconds = (performance.now() - this.#startedAt) / 1_000
    metrics.processingSeconds.observe(seconds, {}, this.#span?.traceparent)
    assignments.scheduleCommit(this.#assignment)
  }

  #release(): void {
    this.#waits.leave()
    this.#waits.setInRetryQueue(false)
    this.#over = true
    this.#path.inFlightLimit.release()
  }
}
