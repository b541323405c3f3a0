// How is the payment provider asked for a charge, so that asking again never charges again?
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

export interface Provider {
  /** @throws ProviderError */
  charge(charge: Charge, signal: AbortSignal): Promise<ChargeOutcome>
}

/**
 * `Unreachable`: nobody listens there, so wait for it however long. `Busy`: it is there and did not answer in time, is
 * overloaded, fails, or has the same charge in flight. `Refused`: it understood and will not, or we do not understand it.
 */
export type ProviderFailure = 'Unreachable' | 'Busy' | 'Refused'

export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly reason: ProviderFailure
  readonly retry: boolean
  readonly outage: boolean
  constructor(reason: ProviderFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
    this.retry = reason !== 'Refused'
    this.outage = reason === 'Unreachable'
  }
}

const Captured = z.object({ status: z.literal('captured'), chargeId: z.string().min(1) })
const Declined = z.object({ status: z.literal('declined'), reason: z.string().default('declined') })

export function createProvider({ url, timeoutMs }: { readonly url: string; readonly timeoutMs: number }): Provider {
  const endpoint = new URL('/v1/charges', url)
  return {
    charge: async (charge, signal) => {
      const response = await post(endpoint, charge, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
      const { status, body } = response
      if (status === 201 || status === 200) return parsed(Captured, body)
      if (status === 402) return parsed(Declined, body)
      if (status === 409) throw new ProviderError('Busy', 'the same charge is in flight')
      if (status === 429 || status >= 500) throw new ProviderError('Busy', `answered ${status}: ${body.slice(0, 200)}`)
      throw new ProviderError('Refused', `answered ${status}: ${body.slice(0, 200)}`)
    },
  }
}

async function post(endpoint: URL, charge: Charge, signal: AbortSignal): Promise<{ status: number; body: string }> {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': charge.orderId },
      body: JSON.stringify(charge),
      signal,
    })
    return { status: response.status, body: await response.text() }
  } catch (cause) {
    throw new ProviderError(unreachable(cause) ? 'Unreachable' : 'Busy', messageOf(cause), { cause })
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

/** fetch wraps the system's error in its cause; several addresses tried make an AggregateError with the code of the first. */
function unreachable(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' && noConnection.has(cause.code)
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
