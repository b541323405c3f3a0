// When is a message of a fetched batch put in flight? When there is capacity for it; a suspect
// message when nothing else is in flight.
import type { EachBatchPayload } from 'kafkajs'
import type { Quarantine, Trial } from './quarantine.ts'
import type { PartitionOwnership } from './partition-ownership.ts'
import type { Failure } from './dead-letter.ts'
import type { Assignment, Assignments } from './assignments.ts'
import { recordOf } from './records.ts'
import type { ConsumedRecord } from './records.ts'
import type { InFlightLimit } from './in-flight-limit.ts'

export interface FetchAdmissionOptions {
  readonly inFlightLimit: InFlightLimit
  readonly assignments: Pick<Assignments, 'current' | 'flush' | 'moved'>
  readonly ownership: PartitionOwnership
  readonly hold: (() => boolean) | undefined
  readonly draining: AbortSignal
  /** `failure`: the message is not to be handled, and why. */
  readonly accept: (record: ConsumedRecord, assignment: Assignment, failure?: Failure) => InFlightMessage
  /** How many messages in flight are resting: they only wait for their next try. */
  readonly resting: () => number
  /** How long other messages wait for those of a trial, which are in flight alone. */
  readonly aloneForMs?: number
  readonly maxBehindFirst?: number
}

export interface InFlightMessage {
  /** Done, or left to redelivery. */
  readonly over: boolean
  /** It only waits for its next try, or for that of an earlier message of its key. */
  readonly resting: boolean
}

/** How often a batch that waits looks again and sends a heartbeat. */
const lookAgainMs = 1_000
/**
 * Messages of a partition behind one that does not end: each is remembered, and all come again
 * after a crash. At this bound the partition waits, and no other.
 */
const maxBehindFirst = 10_000

export function createFetchAdmission(options: FetchAdmissionOptions): (payload: EachBatchPayload) => Promise<void> {
  const {
    inFlightLimit,
    assignments,
    ownership,
    accept,
    aloneForMs = 120_000,
    maxBehindFirst: maxBehind = maxBehindFirst,
  } = options
  /** Batches with a trial: its messages are in flight alone, or are to be next. */
  let trialCount = 0
  let alone = false
  /**
   * Messages of trials that were alone for so long that others no longer wait for them: a message
   * that blocks only itself must not stop all others.
   */
  let lingering: InFlightMessage[] = []
  /** `atWork`: a message that only waits for its next try does not count. */
  const nothingElse = (atWork: boolean): boolean => {
    lingering = lingering.filter(({ over }) => !over)
    if (!atWork) return inFlightLimit.inFlight === lingering.length
    const working = lingering.filter(({ resting }) => !resting).length
    return inFlightLimit.inFlight - options.resting() === working
  }

  return async (payload) => {
    const { batch } = payload
    const assignment = assignments.current
    if (!assignment.owns(batch.topic, batch.partition)) return
    assignment.tracker.sawEnd(batch.topic, batch.partition, batch.highWatermark)
    let last: string | undefined

    const goesOn = (): boolean =>
      payload.isRunning() && !options.draining.aborted && assignment.open && assignments.current === assignment
    /**
     * `then` is called in the same step as the last look. Returns whether the batch still goes on.
     */
    const when = async (free: () => boolean, then?: () => void): Promise<boolean> => {
      while (!free() && goesOn()) {
        await inFlightLimit.waitForCapacity(lookAgainMs)
        await payload.heartbeat()
      }
      if (!goesOn()) return false
      then?.()
      return true
    }
    const whenDone = async (work: Promise<void>): Promise<boolean> => {
      let finished = false
      work
        .finally(() => {
          finished = true
          inFlightLimit.wake()
        })
        .catch(() => undefined)
      return when(() => finished)
    }
    /** Pauses the partition until it may go on, while the replica fetches its others. */
    const park = (mayGoOn: () => boolean): void => {
      const resume = payload.pause()
      const watch = async (): Promise<void> => {
        while (!mayGoOn() && !assignment.ending.aborted) await inFlightLimit.waitForCapacity(lookAgainMs)
        resume()
      }
      void watch()
    }
    const take = (record: ConsumedRecord, failure?: Failure): InFlightMessage => {
      last = record.offset
      return accept(record, assignment, failure)
    }
    const mayTake = (): boolean => !inFlightLimit.full && !options.hold?.()
    const mayTakeTogether = (): boolean => trialCount === 0 && mayTake()

    /** Takes a part of the batch with nothing else in flight. Returns whether the batch goes on. */
    const takeAlone = async (
      records: readonly ConsumedRecord[],
      trial: Trial,
      quarantine: Quarantine,
    ): Promise<boolean> => {
      // A message that waits for its next try ends no process meanwhile. While a provider fails
      // some always wait, so that each part would take as long as its last try. A single message is
      // judged, so it is alone. If a process ends after all, parts wait for all of their messages.
      const atWork = records.length > 1 && !quarantine.patient(trial)
      const free = await when(
        () => !alone && nothingElse(atWork) && mayTake(),
        () => (alone = true),
      )
      if (!free) return false
      try {
        const failure = quarantine.verdictOn(trial)
        if (!failure && !(await whenDone(ownership.try(trial)))) return false
        const messages = records.map((record) => take(record, failure))
        const deadline = performance.now() + aloneForMs
        const allEnded = (): boolean => messages.every(({ over, resting }) => over || (atWork && resting))
        if (!(await when(() => allEnded() || performance.now() > deadline))) return false
        if (!allEnded()) {
          lingering.push(...messages)
          // If the process ends from here on, these messages need not be the cause.
          return await whenDone(ownership.forget(trial))
        }
        ownership.ended()
        // Committed before other messages are taken: if those end the process, only those come
        // again.
        return await whenDone(assignments.flush())
      } finally {
        alone = false
        inFlightLimit.wake()
      }
    }
    const tryAlone = async (
      records: readonly ConsumedRecord[],
      trial: Trial,
      quarantine: Quarantine,
    ): Promise<boolean> => {
      trialCount++
      try {
        return await takeAlone(records, trial, quarantine)
      } finally {
        trialCount--
      }
    }
    const takeAll = async (records: readonly ConsumedRecord[]): Promise<boolean> => {
      const behind = (): number => assignment.tracker.taken(batch.topic, batch.partition)
      for (const record of records) {
        if (behind() >= maxBehind) {
          park(() => behind() < maxBehind / 2)
          return false
        }
        if (mayTakeTogether() && goesOn()) take(record)
        else if (!(await when(mayTakeTogether, () => take(record)))) return false
      }
      return true
    }
    /** For a partition that a process has lost without releasing it. */
    const takeWatched = async (records: readonly ConsumedRecord[], quarantine: Quarantine): Promise<boolean> => {
      if (quarantine.pending(batch)) {
        park(() => !quarantine.pending(batch))
        return false
      }
      const until = quarantine.sawEnd(batch, batch.highWatermark)
      for (let rest = records; rest.length > 0;) {
        const firstNotDone = assignment.tracker.firstNotDone(batch.topic, batch.partition) ?? BigInt(rest[0]!.offset)
        if (quarantine.watched(batch) && quarantine.isPast(batch, firstNotDone)) {
          if (!(await whenDone(ownership.clear(batch)))) return false
          quarantine.clear(batch)
        }
        const trial = quarantine.trialOf(rest[0]!)
        const part = trial ? rest.filter(({ offset }) => BigInt(offset) < BigInt(trial.to)) : rest
        const nextOffset = String(BigInt(part.at(-1)!.offset) + 1n)
        if (trial) {
          const shorter = part.length < rest.length ? trial : { ...trial, to: nextOffset }
          if (!(await tryAlone(part, shorter, quarantine))) return false
        } else {
          if (quarantine.watched(batch) && !(await whenDone(ownership.reach(batch, nextOffset, until)))) return false
          if (!(await takeAll(part))) return false
        }
        rest = rest.slice(part.length)
      }
      return true
    }
    /**
     * Ends of transactions behind the last message need no work; they are done when all messages
     * before them are.
     */
    const passOver = (): void => {
      const end = batch.lastOffset()
      if (last === undefined || BigInt(end) <= BigInt(last)) return
      last = end
      assignment.tracker.take(batch.topic, batch.partition, end)()
      assignments.moved(assignment)
    }

    try {
      if (!(await when(() => ownership.quarantine !== undefined)) || !ownership.quarantine) return
      const records = batch.messages.map((message) => recordOf(batch.topic, batch.partition, message))
      const allTaken = await (ownership.quarantine.watched(batch)
        ? takeWatched(records, ownership.quarantine)
        : takeAll(records))
      if (allTaken) passOver()
    } finally {
      // The next fetch begins behind it; the commit follows later, when messages are done.
      if (last !== undefined) payload.resolveOffset(last)
    }
    await payload.heartbeat()
  }
}
