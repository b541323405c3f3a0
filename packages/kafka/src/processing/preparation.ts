// How are the calls to other systems for one message (`prepare`) retried, and when does a waiting
// message release its slot, its share of the stage's concurrency, to other messages?
//
// Graceful shutdown and a rebalance do not wait for the next attempt: the next owner of the
// partition makes it. After an error that concerns the message, the message releases its slot while
// it waits. In an outage every message would fail in the same way, so the message keeps its slot:
// another message in the slot would only be another call to the unavailable system. It nevertheless
// releases the slot if the outage may be its own (a stall, or calls of other messages succeed), and
// after several attempts.
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
  /** Failed attempts, outages not counted, after which a message becomes a dead letter. */
  readonly attempts: number
  readonly backoff: Backoff
  /**
   * Milliseconds after which a message becomes a dead letter if its calls fail with outages while
   * calls of other messages succeed.
   */
  readonly stalledForMs: number
  /** Aborts when there is no time left for another call. */
  readonly abandon: AbortSignal
  readonly onRetry: (error: Error, failures: number, about: LogFields) => void
}

/** What belongs to one message. */
export interface PreparationContext {
  readonly waits: RetryWait
  readonly slot: Slot
  /** Aborts when the assignment of the message's partition ends: no further attempt is made. */
  readonly ending: AbortSignal
  readonly about: LogFields
}

/** The item for the transaction, or why there is none. */
export type Prepared<Item> = { readonly item: Item } | { readonly failure: Failure }

export type Preparation<Message, Item> = (message: Message, context: PreparationContext) => Promise<Prepared<Item>>

/** Failed attempts in an outage after which a message releases its slot: about six seconds. */
const slotHoldingAttempts = 5

export function createPreparation<Message, Item>(
  options: PreparationOptions<Message, Item>,
): Preparation<Message, Item> {
  const { prepare, attempts, backoff, stalledForMs, abandon, onRetry } = options
  /** Successful calls of all messages. */
  let successCount = 0

  return async (message, { waits, slot, ending, about }) => {
    const successesBefore = successCount
    const since = performance.now()
    for (let failures = 0, outages = 0; ;) {
      try {
        const item = await prepare(message, abandon)
        successCount++
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
          const othersSucceeded = successCount > successesBefore
          if (othersSucceeded && performance.now() - since >= stalledForMs)
            return { failure: { error, attempts: outages } }
          const isOwnFailure = stallOf(error) !== undefined || othersSucceeded || outages >= slotHoldingAttempts
          const wait = pause(backoffMs(++outages, isOwnFailure ? backoff : outageBackoff), ending)
          await waits.during(isOwnFailure ? slot.releaseWhile(wait) : wait)
        }
      }
    }
  }
}
