// How is a provider that is slow, failing or away asked no more than helps? Calls are spaced out and tried again a little later, and
// when half of the last ones failed nobody asks for a while: the stage takes no further messages in meanwhile.
import { BrokenCircuitError, circuitBreaker, CountBreaker, DelegateBackoff, handleWhen, retry, wrap } from 'cockatiel'
import { setTimeout as sleep } from 'node:timers/promises'
import { ProviderError } from './provider.ts'
import type { Provider, ProviderFailure } from './provider.ts'
import { createRateLimit } from './rate-limit.ts'

export interface GuardOptions {
  /** Calls a second, of this replica. */
  readonly perSecond: number
  /** Of one call, the first included. */
  readonly attempts: number
  /** Before the second attempt; doubles from one to the next. Half of each wait is chance. */
  readonly backoffMs: number
  readonly breaker: {
    /** The last calls that are looked at. */
    readonly window: number
    /** Fewer say nothing. */
    readonly minCalls: number
    /** Share of failures, 0 to 1, from which nobody asks any more. */
    readonly failureRate: number
    readonly openMs: number
  }
  readonly onOpen?: () => void
  readonly onClose?: () => void
  /** Milliseconds; of any clock that only goes forward. */
  readonly clock?: () => number
  /** 0 to 1. */
  readonly random?: () => number
}

export interface GuardedProvider extends Provider {
  /** Nobody may ask now; true for `openMs` at a time. */
  readonly open: boolean
}

/** The provider is unwell. An order it refuses, or has in flight, says nothing of it. */
const unwell: readonly ProviderFailure[] = ['Unreachable', 'Busy', 'Failing']
const isUnwell = (error: unknown): boolean => error instanceof ProviderError && unwell.includes(error.reason)

export function guarded(provider: Provider, options: GuardOptions): GuardedProvider {
  const { breaker, clock = () => performance.now(), random = Math.random } = options
  const limit = createRateLimit(options.perSecond)
  let openedAt: number | undefined
  const circuit = circuitBreaker(handleWhen(isUnwell), {
    halfOpenAfter: breaker.openMs,
    // The library opens above the threshold; half of the calls is meant to be enough.
    breaker: new CountBreaker({
      threshold: breaker.failureRate - 1e-9,
      size: breaker.window,
      minimumNumberOfCalls: breaker.minCalls,
    }),
  })
  circuit.onBreak(() => {
    openedAt = clock()
    options.onOpen?.()
  })
  circuit.onReset(() => {
    openedAt = undefined
    options.onClose?.()
  })
  const again = retry(handleWhen(isUnwell), {
    maxAttempts: options.attempts - 1,
    // The library's own jitter may wait less before the third attempt than before the second.
    backoff: new DelegateBackoff(({ attempt }) => waitMs(options.backoffMs, attempt, random)),
  })
  const policy = wrap(again, circuit)

  const ask = async <T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    try {
      return await policy.execute(async () => {
        const turnMs = limit.take(clock())
        if (turnMs > 0) await sleep(turnMs, undefined, { signal })
        return call()
      }, signal)
    } catch (error) {
      if (error instanceof BrokenCircuitError)
        throw new ProviderError('CircuitOpen', 'too many calls failed; nobody asks for a while', { cause: error })
      throw error
    }
  }
  return {
    charge: (charge, signal, parent) => ask(() => provider.charge(charge, signal, parent), signal),
    stop: (about, signal, parent) => ask(() => provider.stop(about, signal, parent), signal),
    refund: (orderId, chargeId, signal, parent) =>
      ask(() => provider.refund(orderId, chargeId, signal, parent), signal),
    get open() {
      return openedAt !== undefined && clock() - openedAt < breaker.openMs
    },
  }
}

function waitMs(firstMs: number, attempt: number, random: () => number): number {
  const full = firstMs * 2 ** (attempt - 1)
  return full / 2 + (full / 2) * random()
}
