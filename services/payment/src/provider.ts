// How is the payment provider asked for a charge, to stop one, or to give one back, so that asking again never moves money again?
import { z } from 'zod'

export interface Charge {
  /** Also the idempotency key: one charge an order, whatever happens between the call and our commit. */
  readonly orderId: string
  readonly customerId: string
  readonly amountCents: number
  readonly currency: string
}

export type ChargeOutcome =
  { readonly status: 'captured'; readonly chargeId: string } | { readonly status: 'declined'; readonly reason: string }

/** Captured: too late to stop it. Otherwise the order can never be charged any more. */
export type Stopped =
  { readonly status: 'captured'; readonly chargeId: string } | { readonly status: 'voided' | 'declined' }

/** Of the whole charge. */
export interface Refund {
  readonly refundId: string
  readonly chargeId: string
  readonly amountCents: number
  readonly currency: string
}

/** `traceparent`: W3C, of the work that asks, for the provider to go on with. */
export interface Provider {
  /** @throws ProviderError */
  charge(charge: Charge, signal: AbortSignal, traceparent?: string): Promise<ChargeOutcome>
  /** @throws ProviderError */
  stop(about: Pick<Charge, 'orderId' | 'customerId'>, signal: AbortSignal, traceparent?: string): Promise<Stopped>
  /** The order id makes the refund's own idempotency key. @throws ProviderError */
  refund(orderId: string, chargeId: string, signal: AbortSignal, traceparent?: string): Promise<Refund>
}

/**
 * `Unreachable`: nobody listens there. `Busy`: it did not answer in time, or says that it is overloaded. `InFlight`: it still has
 * the same charge in hand. `CircuitOpen`: it was not asked, because too many calls failed. None of these is any one order's fault,
 * so they are waited out however long. `Failing`: it answered with a fault of its own, which may be this order's doing. `Refused`:
 * it understood and will not, or we do not understand it.
 */
export type ProviderFailure = 'Unreachable' | 'Busy' | 'InFlight' | 'CircuitOpen' | 'Failing' | 'Refused'

const waitedOut: readonly ProviderFailure[] = ['Unreachable', 'Busy', 'InFlight', 'CircuitOpen']

export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly reason: ProviderFailure
  readonly retry: boolean
  readonly outage: boolean
  constructor(reason: ProviderFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
    this.retry = reason !== 'Refused'
    this.outage = waitedOut.includes(reason)
  }
}

const Captured = z.object({ status: z.literal('captured'), chargeId: z.string().min(1) })
const Declined = z.object({ status: z.literal('declined'), reason: z.string().default('declined') })

const StoppedBody = z.discriminatedUnion('status', [Captured, z.object({ status: z.enum(['voided', 'declined']) })])
const RefundBody = z.object({
  refundId: z.string().min(1),
  chargeId: z.string().min(1),
  amountCents: z.int().min(0),
  currency: z.string(),
})

export function createProvider({ url, timeoutMs }: { readonly url: string; readonly timeoutMs: number }): Provider {
  const ask = (path: string, key: string, body: object, { signal, traceparent }: Asking): Promise<Response> => {
    const headers = { 'idempotency-key': key, ...(traceparent === undefined ? {} : { traceparent }) }
    return post(new URL(path, url), headers, body, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
  }
  return {
    charge: async (charge, signal, traceparent) => {
      const { status, body } = await ask('/v1/charges', charge.orderId, charge, { signal, traceparent })
      if (status === 201 || status === 200) return parsed(Captured, body)
      if (status === 402) return parsed(Declined, body)
      throw unexpected(status, body)
    },
    stop: async (about, signal, traceparent) => {
      const { status, body } = await ask('/v1/voids', about.orderId, about, { signal, traceparent })
      if (status === 200) return parsed(StoppedBody, body)
      throw unexpected(status, body)
    },
    refund: async (orderId, chargeId, signal, traceparent) => {
      const { status, body } = await ask('/v1/refunds', `refund-${orderId}`, { chargeId }, { signal, traceparent })
      if (status === 201 || status === 200) return parsed(RefundBody, body)
      throw unexpected(status, body)
    },
  }
}

interface Asking {
  readonly signal: AbortSignal
  readonly traceparent: string | undefined
}

interface Response {
  readonly status: number
  readonly body: string
}

function unexpected(status: number, body: string): ProviderError {
  if (status === 409) return new ProviderError('InFlight', 'the same is in flight')
  return new ProviderError(failureOf(status), `answered ${status}: ${body.slice(0, 200)}`)
}

function failureOf(status: number): ProviderFailure {
  if (status === 429 || status === 503) return 'Busy'
  return status >= 500 ? 'Failing' : 'Refused'
}

async function post(
  endpoint: URL,
  headers: Readonly<Record<string, string>>,
  body: object,
  signal: AbortSignal,
): Promise<Response> {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal,
    })
    return { status: response.status, body: await response.text() }
  } catch (cause) {
    throw new ProviderError(reasonOf(cause), messageOf(cause), { cause })
  }
}

function parsed<T>(schema: z.ZodType<T>, body: string): T {
  try {
    return schema.parse(JSON.parse(body))
  } catch (cause) {
    throw new ProviderError('Refused', `an answer that makes no sense: ${body.slice(0, 200)}`, { cause })
  }
}

const noConnection = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])

function reasonOf(error: unknown): ProviderFailure {
  if (unreachable(error)) return 'Unreachable'
  return error instanceof Error && error.name === 'TimeoutError' ? 'Busy' : 'Failing'
}

/** fetch wraps the system's error in its cause; several addresses tried make an AggregateError with the code of the first. */
function unreachable(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' && noConnection.has(cause.code)
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
