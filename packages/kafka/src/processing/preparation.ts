// How are the calls for one message made again, and when does the message release its place to
// others?
//
// Neither a drain nor a rebalance waits for a later try: the next owner of the partition makes it.
// In an outage every message would fail likewise, so its place is kept: other messages in it would
// only be more calls to a system that is away. A message that fails while others succeed, or for
// longer than an outage is likely to concern all, must not keep the place from them.
import { backoffMs } from '@orderpipeline/retry'
import type { Backoff } from '@orderpipeline/retry'
import { RetryAbortedError, outageBackoff, pause } from '../consumer/backoff.ts'
import type { Failure } from '../dead-letters/dead-letter.ts'
import { errorOf, stallOf, failureVerdict } from '../client/failure.ts'
import type { Slot } from './key-serial-executor.ts'
import type { LogFields } from './log-fields.ts'
import type { RetryWait } from './retry-waits.ts'

export interface PreparationOptions<Message, Item> {
  readonly prepare: (message: Message, signal: AbortSignal) => Promise<Item>
  /** Calls for one message before it is given up on. */
  readonly attempts: number
  readonly backoff: Backoff
  /** How long a message fails, while others succeed, before it is given up on. */
  readonly stalledForMs: number
  /** Aborts when there is no time left for another call. */
  readonly abandon: AbortSignal
  readonly onRetry: (error: Error, failures: number, about: LogFields) => void
}

/** What the calls for one message are made with. */
export interface PreparationContext {
  readonly waits: RetryWait
  readonly slot: Slot
  readonly ending: AbortSignal
  readonly about: LogFields
}

/** The item for the transaction, or why there is none. */
export type Prepared<Item> = { readonly item: Item } | { readonly failure: Failure }

export type Preparation<Message, Item> = (message: Message, context: PreparationContext) => Promise<Prepared<Item>>

/** Tries in an outage before a message releases its place: some six seconds of them. */
const slotHoldingTries = 5

export function createPreparation<Message, Item>(
  options: PreparationOptions<Message, Item>,
): Preparation<Message, Item> {
  const { prepare, attempts, backoff, stalledForMs, abandon, onRetry } = options
  /** Calls that have ended, those of all messages. */
  let answeredCount = 0

  return async (message, { waits, slot, ending, about }) => {
    const countBefore = answeredCount
    const since = performance.now()
    for (let failures = 0, outages = 0; ;) {
      try {
        const item = await prepare(message, abandon)
        answeredCount++
        return { item }
      } catch (thrown) {
        const error = errorOf(thrown)
        if (abandon.aborted) throw new RetryAbortedError('no time left for another attempt', { cause: error })
        const verdict = failureVerdict(error)
        if (verdict !== 'outage') failures++
        if (verdict === 'never' || failures >= attempts) return { failure: { error, attempts: failures } }
        onRetry(error, failures, about)
        if (verdict !== 'outage') await waits.during(slot.releaseWhile(pause(backoffMs(failures, backoff), ending)))
        else {
          const othersAnswered = answeredCount > countBefore
          if (othersAnswered && performance.now() - since >= stalledForMs)
            return { failure: { error, attempts: outages } }
          const isOwnFailure = stallOf(error) !== undefined || othersAnswered || outages >= slotHoldingTries
          const wait = pause(backoffMs(++outages, isOwnFailure ? backoff : outageBackoff), ending)
          await waits.during(isOwnFailure ? slot.releaseWhile(wait) : wait)
        }
      }
    }
  }
}
