// How is a provider that is slow, failing or unavailable called no more than helps? Calls are
// spaced out and tried again a little later, and when half of the last ones failed there are no
// calls for a while: the stage takes no further messages in meanwhile, and goes on slowly at first.
import { backoffMs } from '@orderpipeline/retry'
import { DelegateBackoff, handleWhen, retry } from 'cockatiel'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBlame } from './blame.ts'
import { BreakerOpenError, createBreaker } from './breaker.ts'
import type { BreakerOptions, Health } from './breaker.ts'
import { ProviderError } from '../provider/provider.ts'
import type { Provider, ProviderFailure } from '../provider/provider.ts'
import { createRampUp } from './ramp-up.ts'
import { createRateLimit } from './rate-limit.ts'

export interface GuardOptions {
  /** Calls a second, of this replica; a tenth of it at first, and after an outage. */
  readonly perSecond: number
  /** Attempts for one call, the first included. */
  readonly attempts: number
  /** Before the second attempt; doubles from one to the next. Half of each wait is chance. */
  readonly backoffMs: number
  readonly breaker: Pick<BreakerOptions, 'window' | 'minCalls' | 'failureRate' | 'openMs'>
  /** Given the failure that opened the breaker. */
  readonly onOpen?: (failure: unknown) => void
  readonly onClose?: () => void
  /** Milliseconds; of any clock that only goes forward. */
  readonly clock?: () => number
  /** 0 to 1. */
  readonly random?: () => number
}

export interface GuardedProvider extends Provider {
  /** No call is allowed now; true for `openMs` at a time. */
  readonly open: boolean
  /** Calls a second that may be made now. */
  readonly rate: number
}

/** Twenty attempts, which are allowed, would else end in days. */
const longestBackoffMs = 60_000

const unwell: readonly ProviderFailure[] = ['Unreachable', 'Misconfigured', 'Busy', 'Failing']
/** Asking again a second later may help. What is configured wrongly stays so for longer. */
const passing: readonly ProviderFailure[] = ['Unreachable', 'Busy', 'Failing']
function isOf(reasons: readonly ProviderFailure[]) {
  return (error: unknown) => error instanceof ProviderError && reasons.includes(error.reason)
}

function retryOf({ attempts, backoffMs: firstMs }: GuardOptions, random: () => number) {
  const backoff = { firstMs, maxMs: Math.max(firstMs, longestBackoffMs) }
  return retry(handleWhen(isOf(passing)), {
    maxAttempts: attempts - 1,
    // The library's own jitter may wait less before the third attempt than before the second.
    backoff: new DelegateBackoff(({ attempt }) => backoffMs(attempt, backoff, random)),
  })
}

export function guarded(provider: Provider, options: GuardOptions): GuardedProvider {
  const { clock = () => performance.now(), random = Math.random, onOpen, onClose } = options
  const rampUp = createRampUp({ perSecond: options.perSecond, clock })
  const limit = createRateLimit(() => rampUp.rate)
  const blame = createBlame()
  const breaker = createBreaker({
    ...options.breaker,
    clock,
    onOpen: (failure) => {
      rampUp.noteOutage()
      onOpen?.(failure)
    },
    onClose: () => {
      rampUp.noteRecovery()
      onClose?.()
    },
  })
  const again = retryOf(options, random)
  const turn = async (signal: AbortSignal): Promise<void> => {
    const turnMs = limit.take(clock())
    if (turnMs > 0) await sleep(turnMs, undefined, { signal })
  }
  const ask = async <T>(orderId: string, call: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    const healthOf = (error: unknown): Health => (!signal.aborted && isOf(unwell)(error) ? 'unwell' : 'unclear')
    try {
      const answer = await again.execute(
        () =>
          breaker.run(async () => {
            await turn(signal)
            rampUp.noteCall()
            return call()
          }, healthOf),
        signal,
      )
      blame.recordAnswer(orderId)
      return answer
    } catch (error) {
      if (error instanceof BreakerOpenError)
        throw new ProviderError('CircuitOpen', 'too many calls failed; the breaker is open', { cause: error })
      if (error instanceof ProviderError && error.reason === 'Failing' && !blame.failed(orderId))
        throw new ProviderError('Failing', error.message, { cause: error, outage: true })
      throw error
    }
  }
  return {
    charge: (charge, signal, parent) => ask(charge.orderId, () => provider.charge(charge, signal, parent), signal),
    stop: (about, signal, parent) => ask(about.orderId, () => provider.stop(about, signal, parent), signal),
    find: (orderId, signal, parent) => ask(orderId, () => provider.find(orderId, signal, parent), signal),
    refund: (orderId, chargeId, signal, how) =>
      ask(orderId, () => provider.refund(orderId, chargeId, signal, how), signal),
    findRefund: (orderId, chargeId, signal, how) =>
      ask(orderId, () => provider.findRefund(orderId, chargeId, signal, how), signal),
    get open() {
      return breaker.open
    },
    get rate() {
      return rampUp.rate
    },
  }
}
