// When is a message of a fetched batch taken in hand? When there is room for it, and for a suspect
// one when nothing else is in hand.
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
  readonly accept: (record: ConsumedRecord, epoch: Assignment, failure?: Failure) => InFlightMessage
  /** How many of those in hand are resting. */
  readonly resting: () => number
  /** How long others wait for messages that are alone in hand. */
  readonly aloneForMs?: number
  readonly maxBehindFirst?: number
}

export interface InFlightMessage {
  /** Done, or left to redelivery. */
  readonly over: boolean
  /** It only waits for a next try: its own, or that of one before it of its key. */
  readonly resting: boolean
}

/** However little happens, the replica says that it lives. */
const lookAgainMs = 1_000
/**
 * Of a partition, messages behind one that does not end: each is remembered, and all come again
 * after a crash. Then the partition waits, and no other.
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
  /** Batches with messages that are alone in hand, or are to be next. */
  let trying = 0
  let alone = false
  /**
   * Were alone for so long that they are waited for no more: what is in nobody's way but its own
   * must not stop all others.
   */
  let lingering: InFlightMessage[] = []
  /** `atWork`: what only waits for its next try does not count. */
  const nothingElse = (atWork: boolean): boolean => {
    lingering = lingering.filter(({ over }) => !over)
    if (!atWork) return inFlightLimit.inFlight === lingering.length
    const working = lingering.filter(({ resting }) => !resting).length
    return inFlightLimit.inFlight - options.resting() === working
  }

  return async (payload) => {
    const { batch } = payload
    const epoch = assignments.current
    if (!epoch.owns(batch.topic, batch.partition)) return
    epoch.tracker.sawEnd(batch.topic, batch.partition, batch.highWatermark)
    let last: string | undefined

    const goesOn = (): boolean =>
      payload.isRunning() && !options.draining.aborted && epoch.open && assignments.current === epoch
    /**
     * What `then` does is done in the same step as the last look. Returns whether the batch still
     * goes on.
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
      let done = false
      work
        .finally(() => {
          done = true
          inFlightLimit.wake()
        })
        .catch(() => undefined)
      return when(() => done)
    }
    /** Fetches no more of the partition until it may go on, while the replica's others do. */
    const park = (mayGoOn: () => boolean): void => {
      const resume = payload.pause()
      const watch = async (): Promise<void> => {
        while (!mayGoOn() && !epoch.ending.aborted) await inFlightLimit.waitForCapacity(lookAgainMs)
        resume()
      }
      void watch()
    }
    const take = (record: ConsumedRecord, failure?: Failure): InFlightMessage => {
      last = record.offset
      return accept(record, epoch, failure)
    }
    const mayTake = (): boolean => !inFlightLimit.full && !options.hold?.()
    const mayTakeTogether = (): boolean => trying === 0 && mayTake()

    /** Takes a part of the batch with nothing else in hand. Returns whether the batch goes on. */
    const takeAlone = async (records: readonly ConsumedRecord[], trial: Trial, care: Quarantine): Promise<boolean> => {
      // What waits for its next try ends no process meanwhile; and while a provider fails there is
      // always some of it, so that parts would take as long as their last tries. A single message
      // is judged, so it is alone; and if a process ends after all, parts wait for all that is in
      // them.
      const atWork = records.length > 1 && !care.patient(trial)
      const free = await when(
        () => !alone && nothingElse(atWork) && mayTake(),
        () => (alone = true),
      )
      if (!free) return false
      try {
        const failure = care.verdictOn(trial)
        if (!failure && !(await whenDone(ownership.try(trial)))) return false
        const taken = records.map((record) => take(record, failure))
        const enough = performance.now() + aloneForMs
        const ended = (): boolean => taken.every(({ over, resting }) => over || (atWork && resting))
        if (!(await when(() => ended() || performance.now() > enough))) return false
        if (!ended()) {
          lingering.push(...taken)
          // Whatever ends the process from here on need not have been one of these.
          return await whenDone(ownership.forget(trial))
        }
        ownership.ended()
        // Committed before others are taken: if these end the process, they come again and no
        // others do.
        return await whenDone(assignments.flush())
      } finally {
        alone = false
        inFlightLimit.wake()
      }
    }
    const tryAlone = async (records: readonly ConsumedRecord[], trial: Trial, care: Quarantine): Promise<boolean> => {
      trying++
      try {
        return await takeAlone(records, trial, care)
      } finally {
        trying--
      }
    }
    const takeAll = async (records: readonly ConsumedRecord[]): Promise<boolean> => {
      const behind = (): number => epoch.tracker.taken(batch.topic, batch.partition)
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
    /** Of a partition that was lost by a process without a word. */
    const takeWatched = async (records: readonly ConsumedRecord[], care: Quarantine): Promise<boolean> => {
      if (care.pending(batch)) {
        park(() => !care.pending(batch))
        return false
      }
      const until = care.sawEnd(batch, batch.highWatermark)
      for (let rest = records; rest.length > 0;) {
        const firstNotDone = epoch.tracker.firstNotDone(batch.topic, batch.partition) ?? BigInt(rest[0]!.offset)
        if (care.watched(batch) && care.isPast(batch, firstNotDone)) {
          if (!(await whenDone(ownership.clear(batch)))) return false
          care.clear(batch)
        }
        const trial = care.trialOf(rest[0]!)
        const part = trial ? rest.filter(({ offset }) => BigInt(offset) < BigInt(trial.to)) : rest
        const reached = String(BigInt(part.at(-1)!.offset) + 1n)
        if (trial) {
          const shorter = part.length < rest.length ? trial : { ...trial, to: reached }
          if (!(await tryAlone(part, shorter, care))) return false
        } else {
          if (care.watched(batch) && !(await whenDone(ownership.reach(batch, reached, until)))) return false
          if (!(await takeAll(part))) return false
        }
        rest = rest.slice(part.length)
      }
      return true
    }
    /**
     * Ends of transactions behind the last message are nobody's work, and done when all before them
     * is.
     */
    const passOver = (): void => {
      const end = batch.lastOffset()
      if (last === undefined || BigInt(end) <= BigInt(last)) return
      last = end
      epoch.tracker.take(batch.topic, batch.partition, end)()
      assignments.moved(epoch)
    }

    try {
      if (!(await when(() => ownership.quarantine !== undefined)) || !ownership.quarantine) return
      const records = batch.messages.map((message) => recordOf(batch.topic, batch.partition, message))
      const wholly = await (ownership.quarantine.watched(batch)
        ? takeWatched(records, ownership.quarantine)
        : takeAll(records))
      if (wholly) passOver()
    } finally {
      // The next fetch begins behind it; what is committed follows later, from what is done.
      if (last !== undefined) payload.resolveOffset(last)
    }
    await payload.heartbeat()
  }
}
