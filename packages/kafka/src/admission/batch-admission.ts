// How are the messages of one fetched batch put in flight? One after the other while there is
// capacity; those of a suspect partition in parts, each with nothing else in flight.
import type { Batch, EachBatchPayload } from 'kafkajs'
import type { Assignment } from '../consumer/assignments.ts'
import type { Failure } from '../dead-letters/dead-letter.ts'
import type { FetchAdmissionOptions, InFlightMessage } from './fetch-admission-options.ts'
import type { Quarantine, Trial } from './quarantine.ts'
import { recordOf } from '../client/records.ts'
import type { ConsumedRecord } from '../client/records.ts'
import type { TrialsInFlight } from './trials-in-flight.ts'

/** How often a batch that waits looks again and sends a heartbeat. */
const lookAgainMs = 1_000
/** How long other messages wait for those of a trial, by default. */
const usualTrialTimeoutMs = 120_000
/**
 * Messages of a partition behind one that does not end: each is remembered, and all come again
 * after a crash. At this bound the partition waits, and no other.
 */
const usualMaxBehindFirst = 10_000

export class BatchAdmission {
  readonly #options: FetchAdmissionOptions
  readonly #trials: TrialsInFlight
  readonly #payload: EachBatchPayload
  readonly #batch: Batch
  readonly #assignment: Assignment
  /** The offset of the last message that was taken. */
  #last: string | undefined

  constructor(
    options: FetchAdmissionOptions,
    trials: TrialsInFlight,
    payload: EachBatchPayload,
    assignment: Assignment,
  ) {
    this.#options = options
    this.#trials = trials
    this.#payload = payload
    this.#batch = payload.batch
    this.#assignment = assignment
  }

  async run(): Promise<void> {
    const { ownership } = this.#options
    const batch = this.#batch
    try {
      if (!(await this.#when(() => ownership.quarantine !== undefined)) || !ownership.quarantine) return
      const records = batch.messages.map((message) => recordOf(batch.topic, batch.partition, message))
      const allTaken = await (ownership.quarantine.watched(batch)
        ? this.#takeWatched(records, ownership.quarantine)
        : this.#takeAll(records))
      if (allTaken) this.#passOver()
    } finally {
      // The next fetch begins behind it; the commit follows later, when messages are done.
      if (this.#last !== undefined) this.#payload.resolveOffset(this.#last)
    }
    await this.#payload.heartbeat()
  }

  #goesOn(): boolean {
    const { draining, assignments } = this.#options
    const assignment = this.#assignment
    return this.#payload.isRunning() && !draining.aborted && assignment.open && assignments.current === assignment
  }

  /**
   * `then` is called in the same step as the last look. Returns whether the batch still goes on.
   */
  async #when(free: () => boolean, then?: () => void): Promise<boolean> {
    while (!free() && this.#goesOn()) {
      await this.#options.inFlightLimit.waitForCapacity(lookAgainMs)
      await this.#payload.heartbeat()
    }
    if (!this.#goesOn()) return false
    then?.()
    return true
  }

  async #whenDone(work: Promise<void>): Promise<boolean> {
    let finished = false
    work
      .finally(() => {
        finished = true
        this.#options.inFlightLimit.wake()
      })
      .catch(() => undefined)
    return this.#when(() => finished)
  }

  /** Pauses the partition until it may go on, while the replica fetches its others. */
  #park(mayGoOn: () => boolean): void {
    const resume = this.#payload.pause()
    const watch = async (): Promise<void> => {
      while (!mayGoOn() && !this.#assignment.ending.aborted)
        await this.#options.inFlightLimit.waitForCapacity(lookAgainMs)
      resume()
    }
    void watch()
  }

  #take(record: ConsumedRecord, failure?: Failure): InFlightMessage {
    this.#last = record.offset
    return this.#options.accept(record, this.#assignment, failure)
  }

  #mayTake(): boolean {
    return !this.#options.inFlightLimit.full && !this.#options.hold?.()
  }

  #mayTakeTogether(): boolean {
    return this.#mayTake() && this.#trials.mayTakeOthers()
  }

  async #takeAll(records: readonly ConsumedRecord[]): Promise<boolean> {
    const { topic, partition } = this.#batch
    const { maxBehindFirst = usualMaxBehindFirst } = this.#options
    const behind = (): number => this.#assignment.tracker.takenCount(topic, partition)
    for (const record of records) {
      if (behind() >= maxBehindFirst) {
        this.#park(() => behind() < maxBehindFirst / 2)
        return false
      }
      if (this.#mayTakeTogether() && this.#goesOn()) this.#take(record)
      else if (!(await this.#takeLater(record))) return false
    }
    return true
  }

  /** Returns whether it was taken; where it was not, the batch ends. */
  async #takeLater(record: ConsumedRecord): Promise<boolean> {
    const trials = this.#trials
    let suspectsFirst = false
    const goesOn = await this.#when(
      () => this.#mayTakeTogether() || (suspectsFirst = trials.suspectsFirst()),
      () => {
        if (!suspectsFirst) this.#take(record)
      },
    )
    if (goesOn && suspectsFirst) this.#park(() => !trials.suspectsFirst())
    return goesOn && !suspectsFirst
  }

  /** For a partition that a process has lost without releasing it. */
  async #takeWatched(records: readonly ConsumedRecord[], quarantine: Quarantine): Promise<boolean> {
    const batch = this.#batch
    const { ownership } = this.#options
    if (quarantine.pending(batch)) {
      this.#park(() => !quarantine.pending(batch))
      return false
    }
    const until = quarantine.recordEnd(batch, batch.highWatermark)
    for (let rest = records; rest.length > 0;) {
      const { tracker } = this.#assignment
      const firstNotDone = tracker.firstUnfinished(batch.topic, batch.partition) ?? BigInt(rest[0]!.offset)
      if (quarantine.watched(batch) && quarantine.isPast(batch, firstNotDone)) {
        if (!(await this.#whenDone(ownership.clear(batch)))) return false
        quarantine.clear(batch)
      }
      const trial = quarantine.trialOf(rest[0]!)
      const part = trial ? rest.filter(({ offset }) => BigInt(offset) < BigInt(trial.to)) : rest
      const nextOffset = String(BigInt(part.at(-1)!.offset) + 1n)
      if (trial) {
        const shorter = part.length < rest.length ? trial : { ...trial, to: nextOffset }
        if (!(await this.#tryAlone(part, shorter, quarantine))) return false
      } else {
        if (quarantine.watched(batch) && !(await this.#whenDone(ownership.reach(batch, nextOffset, until))))
          return false
        if (!(await this.#takeAll(part))) return false
      }
      rest = rest.slice(part.length)
    }
    return true
  }

  async #tryAlone(records: readonly ConsumedRecord[], trial: Trial, quarantine: Quarantine): Promise<boolean> {
    this.#trials.count++
    try {
      return await this.#takeAlone(records, trial, quarantine)
    } finally {
      this.#trials.count--
    }
  }

  /** Takes a part of the batch with nothing else in flight. Returns whether the batch goes on. */
  async #takeAlone(records: readonly ConsumedRecord[], trial: Trial, quarantine: Quarantine): Promise<boolean> {
    const { ownership, assignments, inFlightLimit, trialTimeoutMs = usualTrialTimeoutMs } = this.#options
    const trials = this.#trials
    // A message that waits for its next try ends no process meanwhile. While a provider fails some
    // always wait, so that each part would take as long as its last try. A single message is
    // judged, so it is alone. If a process ends after all, parts wait for more tries.
    const atWork = records.length > 1
    const triesInTrial = quarantine.triesInTrial(trial)
    const free = await this.#when(
      () => !trials.alone && trials.nothingElse(atWork) && this.#mayTake(),
      () => (trials.alone = true),
    )
    if (!free) return false
    try {
      const failure = quarantine.verdictOn(trial)
      if (!failure && !(await this.#whenDone(ownership.try(trial)))) return false
      const messages = records.map((record) => this.#take(record, failure))
      const deadline = performance.now() + trialTimeoutMs
      const allEnded = (): boolean =>
        messages.every(
          ({ over, waitsForRetry, failedTries }) => over || (atWork && waitsForRetry && failedTries >= triesInTrial),
        )
      if (!(await this.#when(() => allEnded() || performance.now() > deadline))) return false
      if (!allEnded()) {
        trials.linger(messages)
        // If the process ends from here on, these messages need not be the cause.
        return await this.#whenDone(ownership.forget(trial))
      }
      ownership.trialEnded()
      // Committed before other messages are taken: if those end the process, only those come again.
      return await this.#whenDone(assignments.flush())
    } finally {
      trials.alone = false
      inFlightLimit.wake()
    }
  }

  /**
   * Ends of transactions behind the last message need no work; they are done when all messages
   * before them are.
   */
  #passOver(): void {
    const { topic, partition } = this.#batch
    const end = this.#batch.lastOffset()
    if (this.#last === undefined || BigInt(end) <= BigInt(this.#last)) return
    this.#last = end
    this.#assignment.tracker.take(topic, partition, end)()
    this.#options.assignments.scheduleCommit(this.#assignment)
  }
}
