// When is a message of a fetched batch taken in hand? When there is room for it, and for one that needs care when nothing else is in hand.
import type { EachBatchPayload } from 'kafkajs'
import type { Custody } from './custody.ts'
import type { Failure } from './dead-letter.ts'
import type { Epoch, Epochs } from './epochs.ts'
import { recordOf } from './records.ts'
import type { ConsumedRecord } from './records.ts'
import type { Window } from './window.ts'

export interface IntakeOptions {
  readonly window: Window
  readonly epochs: Pick<Epochs, 'current' | 'flush'>
  readonly custody: Custody
  readonly hold: (() => boolean) | undefined
  readonly draining: AbortSignal
  /** `failure`: the message is not to be handled, and why. */
  readonly accept: (record: ConsumedRecord, epoch: Epoch, failure?: Failure) => InHand
  /** How long others wait for a message that is alone in hand. */
  readonly aloneForMs?: number
}

export interface InHand {
  /** Done, or left to redelivery. */
  readonly over: boolean
}

/** However little happens, the replica says that it lives. */
const lookAgainMs = 1_000

export function createIntake(options: IntakeOptions): (payload: EachBatchPayload) => Promise<void> {
  const { window, epochs, custody, accept, aloneForMs = 120_000 } = options
  /** Batches with a message that is alone in hand, or is to be next. */
  let careful = 0
  let alone = false
  /** Were alone for so long that they are waited for no more: what is in nobody's way but its own must not stop all others. */
  let lingering: InHand[] = []
  const nothingElse = (): boolean => {
    lingering = lingering.filter(({ over }) => !over)
    return window.inHand === lingering.length
  }

  return async (payload) => {
    const { batch } = payload
    const epoch = epochs.current
    if (!epoch.owns(batch.topic, batch.partition)) return
    epoch.tracker.sawEnd(batch.topic, batch.partition, batch.highWatermark)
    let last: string | undefined

    const goesOn = (): boolean =>
      payload.isRunning() && !options.draining.aborted && epoch.open && epochs.current === epoch
    /** What `then` does is done in the same step as the last look. Returns whether the batch still goes on. */
    const when = async (free: () => boolean, then?: () => void): Promise<boolean> => {
      while (!free() && goesOn()) {
        await window.room(lookAgainMs)
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
          window.wake()
        })
        .catch(() => undefined)
      return when(() => done)
    }
    const take = (record: ConsumedRecord, failure?: Failure): InHand => {
      last = record.offset
      return accept(record, epoch, failure)
    }
    const mayTake = (): boolean => !window.full && !options.hold?.()
    const mayTakeTogether = (): boolean => careful === 0 && mayTake()

    const takeWithCare = async (record: ConsumedRecord): Promise<boolean> => {
      const { care } = custody
      if (
        !care ||
        !(await when(
          () => !alone && nothingElse() && mayTake(),
          () => (alone = true),
        ))
      )
        return false
      try {
        const failure = care.verdictOn(record)
        if (!failure && !(await whenDone(custody.alone(record, care.tryOf(record))))) return false
        const inHand = take(record, failure)
        const enough = performance.now() + aloneForMs
        if (!(await when(() => inHand.over || performance.now() > enough))) return false
        if (!inHand.over) {
          lingering.push(inHand)
          // Whatever ends the process from here on need not have been this one.
          if (!failure && !(await whenDone(custody.alone(record, care.tryOf(record) - 1)))) return false
          custody.ended()
          return true
        }
        custody.ended()
        // Committed before the next one is taken: if that ends the process, it comes again and nothing else does.
        if (!(await whenDone(epochs.flush()))) return false
        return !care.passed(record) || (await whenDone(custody.clear(record)))
      } finally {
        alone = false
        window.wake()
      }
    }
    const carefully = async (record: ConsumedRecord): Promise<boolean> => {
      careful++
      try {
        return await takeWithCare(record)
      } finally {
        careful--
      }
    }

    try {
      if (!(await when(() => custody.care !== undefined))) return
      custody.care?.sawEnd(batch, batch.highWatermark)
      for (const message of batch.messages) {
        const record = recordOf(batch.topic, batch.partition, message)
        if (custody.care?.needed(batch)) {
          if (!(await carefully(record))) return
        } else if (mayTakeTogether() && goesOn()) {
          take(record)
        } else if (!(await when(mayTakeTogether, () => take(record)))) return
      }
    } finally {
      // The next fetch begins behind it; what is committed follows later, from what is done.
      if (last !== undefined) payload.resolveOffset(last)
    }
    await payload.heartbeat()
  }
}
