// What can go wrong between this stage and the payment provider, and whose fault is it?

/**
 * `Refused`: it understood and will not (400, 402, 422): the order's own. `Failing`: it answered
 * with a fault of its own (500), which is the order's only if others are answered meanwhile.
 * Everything else is the provider's or our own set-up and no order's fault, so it is waited out
 * however long. `Unreachable`: no connection, or one that broke off. `Misconfigured`: something
 * answered that is not about the money (401, 403, 404, a redirect, a body without sense): wrong
 * credentials, a wrong address, or another server in its place. `Busy`: it did not answer in time,
 * or says that it is overloaded. `InFlight`: the same charge is still in flight there.
 * `CircuitOpen`: it was not called, because too many calls failed. `Unsupported`: its answer is
 * good, and lacks what a provider need not know.
 */
export type ProviderFailure =
  'Unreachable' | 'Misconfigured' | 'Busy' | 'InFlight' | 'CircuitOpen' | 'Unsupported' | 'Failing' | 'Refused'

const waitedOut: readonly ProviderFailure[] = [
  ...(['Unreachable', 'Misconfigured', 'Busy', 'InFlight', 'CircuitOpen', 'Unsupported'] as const),
]

export interface ProviderErrorOptions extends ErrorOptions {
  /** Where the reason alone does not decide: `Failing` for every order. */
  readonly outage?: boolean
}

export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly reason: ProviderFailure
  readonly retry: boolean
  readonly outage: boolean
  constructor(reason: ProviderFailure, message: string, { outage, ...options }: ProviderErrorOptions = {}) {
    super(message, options)
    this.reason = reason
    this.retry = reason !== 'Refused'
    this.outage = outage ?? waitedOut.includes(reason)
  }
}

const aboutTheMoney: readonly number[] = [400, 402, 422]
/** Its own overload, or that of a proxy which did not get through to it. */
const busy: readonly number[] = [408, 425, 429, 502, 503, 504]

/** The failure behind an answer that does not decide about the money. */
export function failureOf(status: number): ProviderFailure {
  if (aboutTheMoney.includes(status)) return 'Refused'
  if (busy.includes(status)) return 'Busy'
  return status >= 500 ? 'Failing' : 'Misconfigured'
}
