// How does the stage call the payment provider to charge, to stop a charge, or to refund one, so
// that a repeated call never moves money again?
import { z } from 'zod'
import { callOverHttp } from './http-call.ts'
import type { HttpAnswer } from './http-call.ts'
import { failureOf, ProviderError } from './provider-error.ts'

export { ProviderError, type ProviderFailure } from './provider-error.ts'

export interface Charge {
  /**
   * Also the idempotency key: one charge an order, whatever happens between the call and our
   * commit.
   */
  readonly orderId: string
  readonly customerId: string
  readonly amountCents: number
  readonly currency: string
}

/** Pending: accepted, and decided in minutes to days; `find` returns the decision. */
export type ChargeOutcome =
  | { readonly status: 'captured'; readonly chargeId: string }
  | { readonly status: 'declined'; readonly reason: string }
  | { readonly status: 'pending'; readonly chargeId: string }

/** Captured: too late to stop it. Otherwise the order can never be charged any more. */
export type Stopped =
  { readonly status: 'captured'; readonly chargeId: string } | { readonly status: 'voided' | 'declined' }

/** It is of a whole charge, or what refunds of parts have left of it; or of a part. */
export interface Refund {
  readonly refundId: string
  readonly chargeId: string
  readonly amountCents: number
  readonly currency: string
}

export interface RefundOptions {
  readonly traceparent?: string | undefined
  /** The refund's own idempotency key; made of the order id, or the part's, unless given. */
  readonly key?: string | undefined
  readonly part?: RefundPart | undefined
}

/** No more than a part of the charge goes back. */
export interface RefundPart {
  readonly amountCents: number
  readonly currency: string
  /**
   * Ours. The provider keeps it with the refund where it can, for longer than it remembers an
   * idempotency key: a database that was restored may ask for a refund again months later.
   */
  readonly refundId: string
}

/** `traceparent`: W3C, of the work that asks, for the provider to go on with. */
export interface Provider {
  /** @throws ProviderError */
  charge(charge: Charge, signal: AbortSignal, traceparent?: string): Promise<ChargeOutcome>
  /** @throws ProviderError */
  stop(about: Pick<Charge, 'orderId' | 'customerId'>, signal: AbortSignal, traceparent?: string): Promise<Stopped>
  /** What it has of the order, for when it may have forgotten the key. @throws ProviderError */
  find(orderId: string, signal: AbortSignal, traceparent?: string): Promise<ChargeOutcome | undefined>
  /** @throws ProviderError */
  refund(orderId: string, chargeId: string, signal: AbortSignal, how?: RefundOptions): Promise<Refund>
  /**
   * The refund that such a call has made; `undefined`: it has made none. It makes none either.
   * @throws ProviderError
   */
  findRefund(orderId: string, chargeId: string, signal: AbortSignal, how?: RefundOptions): Promise<Refund | undefined>
}

const Captured = z.object({ status: z.literal('captured'), chargeId: z.string().min(1) })
const Declined = z.object({ status: z.literal('declined'), reason: z.string().default('declined') })

const Charges = z.object({
  charges: z.array(z.object({ chargeId: z.string().min(1), status: z.string(), reason: z.string().nullish() })),
})

/** A capture, whatever else there was. A key that was voided charges nothing any more. */
function outcomeOf(charges: z.infer<typeof Charges>['charges']): ChargeOutcome | undefined {
  const capture = charges.find(({ status }) => status === 'captured')
  if (capture) return { status: 'captured', chargeId: capture.chargeId }
  const [other] = charges
  return other && { status: 'declined', reason: other.reason ?? other.status }
}

const StoppedBody = z.discriminatedUnion('status', [Captured, z.object({ status: z.enum(['voided', 'declined']) })])
const RefundBody = z.object({
  refundId: z.string().min(1),
  chargeId: z.string().min(1),
  amountCents: z.int().min(0),
  currency: z.string(),
})

const Refunds = z.object({ refunds: z.array(RefundBody.extend({ idempotencyKey: z.string() })) })

/** The idempotency key of a refund: one of the whole charge, and one for each part. */
export function refundKey(orderId: string, part: RefundPart | undefined): string {
  return part ? `part-${part.refundId}` : `refund-${orderId}`
}

export interface ProviderAddress {
  /** May have a path, below which the calls are. */
  readonly url: string
  readonly timeoutMs: number
  /** Sent as a bearer token. */
  readonly token?: string | undefined
  /** Waits until one more call may be made. */
  readonly turn?: ((signal: AbortSignal) => Promise<void>) | undefined
}

export function createProvider({ url, timeoutMs, token, turn }: ProviderAddress): Provider {
  const base = url.replace(/\/*$/, '/')
  const bounds = (signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const headersOf = (traceparent: string | undefined): Record<string, string> => ({
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(traceparent === undefined ? {} : { traceparent }),
  })
  const ask = async (path: string, key: string, body: object, { signal, traceparent }: Asking): Promise<HttpAnswer> => {
    await turn?.(signal)
    const headers = { ...headersOf(traceparent), 'content-type': 'application/json', 'idempotency-key': key }
    return callOverHttp(new URL(path, base), {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: bounds(signal),
    })
  }
  const chargesOf = async (orderId: string, { signal, traceparent }: Asking): Promise<HttpAnswer> => {
    await turn?.(signal)
    return callOverHttp(new URL(`v1/charges?orderId=${encodeURIComponent(orderId)}`, base), {
      method: 'GET',
      headers: headersOf(traceparent),
      signal: bounds(signal),
    })
  }
  return {
    charge: async (charge, signal, traceparent) => {
      const { status, body } = await ask('v1/charges', charge.orderId, charge, { signal, traceparent })
      if (status === 201 || status === 200) return parse(Captured, body)
      if (status === 402) return parse(Declined, body)
      throw unexpectedAnswer(status, body)
    },
    stop: async (about, signal, traceparent) => {
      const { status, body } = await ask('v1/voids', about.orderId, about, { signal, traceparent })
      if (status === 200) return parse(StoppedBody, body)
      throw unexpectedAnswer(status, body)
    },
    find: async (orderId, signal, traceparent) => {
      const { status, body } = await chargesOf(orderId, { signal, traceparent })
      if (status === 200) return outcomeOf(parse(Charges, body).charges)
      throw unexpectedAnswer(status, body)
    },
    refund: async (orderId, chargeId, signal, { traceparent, part, key = refundKey(orderId, part) } = {}) => {
      const returning = { chargeId, ...(part ? { amountCents: part.amountCents } : {}) }
      const { status, body } = await ask('v1/refunds', key, returning, { signal, traceparent })
      if (status === 201 || status === 200) return parse(RefundBody, body)
      throw unexpectedAnswer(status, body)
    },
    findRefund: async (orderId, chargeId, signal, { traceparent, part, key = refundKey(orderId, part) } = {}) => {
      const { status, body } = await chargesOf(orderId, { signal, traceparent })
      if (status !== 200) throw unexpectedAnswer(status, body)
      const refund = refundsIn(body).find((listed) => listed.idempotencyKey === key && listed.chargeId === chargeId)
      if (!refund) return undefined
      const { refundId, amountCents, currency } = refund
      return { refundId, chargeId, amountCents, currency }
    },
  }
}

interface Asking {
  readonly signal: AbortSignal
  readonly traceparent: string | undefined
}

function unexpectedAnswer(status: number, body: string): ProviderError {
  if (status === 409) return new ProviderError('InFlight', 'the same charge is in flight')
  return new ProviderError(failureOf(status), `answered ${status}: ${body.slice(0, 200)}`)
}

/** An adapter may list charges only: as a provider it is as well as any. */
function refundsIn(body: string): z.infer<typeof Refunds>['refunds'] {
  parse(Charges, body)
  const { data, error } = Refunds.safeParse(JSON.parse(body))
  if (data) return data.refunds
  throw new ProviderError('Unsupported', `an answer without refunds: ${body.slice(0, 200)}`, { cause: error })
}

function parse<T>(schema: z.ZodType<T>, body: string): T {
  try {
    return schema.parse(JSON.parse(body))
  } catch (cause) {
    throw new ProviderError('Misconfigured', `an answer of unknown form: ${body.slice(0, 200)}`, { cause })
  }
}
