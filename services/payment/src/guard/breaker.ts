// When is a failing provider left alone? A circuit breaker: after too many failures among the last
// calls there are no calls for a while; then one call at a time probes it, and only a call that
// went well closes the breaker again.
//
// A call can also leave the provider's health open (an order that it refuses, one that is still in
// flight): that is neither a success nor a failure, and as a probe it only makes room for the next
// one. cockatiel counts it as a success, and reads the wall clock.

/** What a call shows about the provider's health. */
export type Health = 'well' | 'unwell' | 'unclear'

export interface BreakerOptions {
  /** The number of last calls that count. */
  readonly window: number
  /** With fewer calls the breaker stays closed. */
  readonly minCalls: number
  /** Share of failures, 0 to 1, from which the breaker opens. */
  readonly failureRate: number
  readonly openMs: number
  /** Milliseconds; of a clock that only goes forward. */
  readonly clock: () => number
  /** Called with the failure that opened it, also when a probe opens it again. */
  readonly onOpen?: ((failure: unknown) => void) | undefined
  readonly onClose?: (() => void) | undefined
}

export interface Breaker {
  /** @throws BreakerOpenError, or what `call` threw; `healthOf` judges what was thrown. */
  run<T>(call: () => Promise<T>, healthOf: (error: unknown) => Health): Promise<T>
  /** Calls are refused now; true for `openMs` at a time. */
  readonly open: boolean
}

export class BreakerOpenError extends Error {
  override readonly name = 'BreakerOpenError'
}

export function createBreaker(options: BreakerOptions): Breaker {
  const { window, minCalls, failureRate, openMs, clock } = options
  let failures: boolean[] = []
  let openUntil: number | undefined
  let probe: Promise<unknown> | undefined

  const openFor = (failure: unknown): void => {
    openUntil = clock() + openMs
    failures = []
    options.onOpen?.(failure)
  }
  const note = (failed: boolean, failure?: unknown): void => {
    failures = [...failures, failed].slice(-window)
    const count = failures.filter(Boolean).length
    if (failed && failures.length >= minCalls && count >= failureRate * failures.length) openFor(failure)
  }
  const judgedCall = async <T>(
    call: () => Promise<T>,
    onHealth: (health: Health, error?: unknown) => void,
    of: Judge,
  ) => {
    try {
      const answer = await call()
      onHealth('well')
      return answer
    } catch (error) {
      onHealth(of(error), error)
      throw error
    }
  }
  const whileClosed = (health: Health, error?: unknown): void => {
    // A call from before the breaker opened shows nothing new.
    if (openUntil === undefined && health !== 'unclear') note(health === 'unwell', error)
  }
  const asProbe = (health: Health, error?: unknown): void => {
    if (health === 'unwell') return openFor(error)
    if (health === 'unclear') return
    openUntil = undefined
    options.onClose?.()
  }

  return {
    run: async (call, healthOf) => {
      while (probe) await probe.catch(() => undefined)
      if (openUntil === undefined) return judgedCall(call, whileClosed, healthOf)
      if (clock() < openUntil) throw new BreakerOpenError('too many calls failed')
      const probing = judgedCall(call, asProbe, healthOf).finally(() => {
        probe = undefined
      })
      probe = probing
      return probing
    },
    get open() {
      return openUntil !== undefined && probe === undefined && clock() < openUntil
    },
  }
}

type Judge = (error: unknown) => Health
