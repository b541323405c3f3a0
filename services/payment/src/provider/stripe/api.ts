// How is Stripe's API called, version 1? Bodies as forms, answers as JSON, an idempotency key for
// each POST, and errors sorted by whose they are.
//
// Stripe keeps the first answer to a key for a day at least, a 500 included: repeating the key
// repeats the 500 whatever happened to the work. So an error that is a repeat is asked about
// again under a fresh key. That is safe for most of these calls, because they can take effect only
// once by the state of their object: an intent is confirmed once, and a charge refunded as a whole
// once. A refund of a part can take effect twice, so its fresh keys follow from its first one: two
// replicas that ask at once have the same.
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { callOverHttp } from '../http-call.ts'
import type { HttpAnswer } from '../http-call.ts'
import { failureOf, ProviderError } from '../provider-error.ts'

/** The version whose documentation this follows; a newer default of the account changes nothing. */
const apiVersion = '2024-06-20'

export interface StripeAddress {
  /** https://api.stripe.com, but in tests. */
  readonly url: string
  /** A secret or restricted key; never in a log or an error. */
  readonly key: string
  /** The time-out of one call. */
  readonly timeoutMs: number
  /** Waits until one more call may be made. */
  readonly turn?: ((signal: AbortSignal) => Promise<void>) | undefined
}

export interface Asking {
  readonly signal: AbortSignal
  readonly traceparent?: string | undefined
  readonly maxBytes?: number
  /** The n-th key after the first, which may be stale; a random one when absent. */
  readonly freshKey?: (n: number) => string
}

export type Params = Readonly<Record<string, string | number | undefined>>

export interface StripeApi {
  /** @throws ProviderError */
  get<T>(path: string, schema: z.ZodType<T>, params: Params, asking: Asking): Promise<T>
  /** @throws ProviderError, StripeRefusalError */
  post<T>(path: string, schema: z.ZodType<T>, params: Params, key: string, asking: Asking): Promise<Posted<T>>
}

export interface Posted<T> {
  readonly answer: T
  /** The answer to an earlier call with this key: its content may be out of date. */
  readonly replayed: boolean
}

/** It understood, and will not: about this card, intent or charge. */
export class StripeRefusalError extends ProviderError {
  /** Such as `card_declined`; https://docs.stripe.com/error-codes. */
  readonly code: string | undefined
  readonly declineCode: string | undefined
  readonly type: string | undefined
  constructor(status: number, { code, decline_code: declineCode, type, message }: ErrorFields) {
    super('Refused', `Stripe answered ${status} (${[type, code].filter(Boolean).join(', ')}): ${message.slice(0, 200)}`)
    this.code = code
    this.declineCode = declineCode
    this.type = type
  }
}

/** Stripe forgets keys after a day; until then a call that fails so often stays failed. */
const freshKeysAtMost = 50

const ErrorBody = z.object({
  error: z.object({
    type: z.string().optional(),
    code: z.string().optional(),
    decline_code: z.string().optional(),
    message: z.string().default(''),
  }),
})
type ErrorFields = z.infer<typeof ErrorBody>['error']

export function createStripeApi({ url, key, timeoutMs, turn }: StripeAddress): StripeApi {
  const base = url.replace(/\/*$/, '/')
  const send = async (
    path: string,
    method: 'GET' | 'POST',
    params: Params,
    asking: Asking,
    idempotencyKey?: string,
  ) => {
    await turn?.(asking.signal)
    const form = new URLSearchParams(
      Object.entries(params).flatMap(([name, value]): [string, string][] =>
        value === undefined ? [] : [[name, String(value)]],
      ),
    ).toString()
    const query = method === 'GET' && form !== '' ? `?${form}` : ''
    return callOverHttp(new URL(`v1/${path}${query}`, base), {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'stripe-version': apiVersion,
        ...(method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...(asking.traceparent === undefined ? {} : { traceparent: asking.traceparent }),
      },
      ...(method === 'POST' ? { body: form } : {}),
      // The time-out begins after the wait for a turn.
      signal: AbortSignal.any([asking.signal, AbortSignal.timeout(timeoutMs)]),
      ...(asking.maxBytes === undefined ? {} : { maxBytes: asking.maxBytes }),
    })
  }
  return {
    get: async (path, schema, params, asking) => {
      const answer = await send(path, 'GET', params, asking)
      if (answer.status !== 200) throw errorOf(answer)
      return parse(schema, answer)
    },
    post: async (path, schema, params, idempotencyKey, asking) => {
      let answer = await send(path, 'POST', params, asking, idempotencyKey)
      const { freshKey = () => `${idempotencyKey}-${randomUUID()}` } = asking
      for (let n = 1; n <= freshKeysAtMost && isStale(answer); n++)
        answer = await send(path, 'POST', params, asking, freshKey(n))
      if (answer.status !== 200) throw errorOf(answer)
      return { answer: parse(schema, answer), replayed: isReplay(answer) }
    },
  }
}

function isReplay({ headers }: HttpAnswer): boolean {
  return headers['idempotent-replayed'] === 'true'
}

/**
 * It does not show the present state: a failure that is only repeated, or a key whose first call
 * had other parameters. A key whose first call is in progress (409) will show it.
 */
function isStale(answer: HttpAnswer): boolean {
  if (answer.status === 409) return false
  return (answer.status >= 500 && isReplay(answer)) || fieldsOf(answer)?.type === 'idempotency_error'
}

function fieldsOf({ status, body }: HttpAnswer): ErrorFields | undefined {
  if (status < 400) return undefined
  try {
    return ErrorBody.safeParse(JSON.parse(body)).data?.error
  } catch {
    return undefined
  }
}

function errorOf(answer: HttpAnswer): ProviderError {
  const { status } = answer
  const fields = fieldsOf(answer)
  if (status === 409) return new ProviderError('InFlight', `Stripe answered 409: the same call is in progress`)
  // Another call has locked the object: its owner's affair, and no sign of overload.
  if (fields?.code === 'lock_timeout') return new ProviderError('InFlight', `Stripe answered ${status}: lock_timeout`)
  const aboutIt = status === 400 || status === 402 || (status === 404 && fields?.code === 'resource_missing')
  if (fields && aboutIt) return new StripeRefusalError(status, fields)
  // The answer to a refused key may quote the key: only its code is kept.
  const detail = fields?.code ?? fields?.type ?? 'an error of unknown form'
  return new ProviderError(
    fields || status >= 500 ? failureOf(status) : 'Misconfigured',
    `Stripe answered ${status}: ${detail}`,
  )
}

function parse<T>(schema: z.ZodType<T>, { body }: HttpAnswer): T {
  try {
    return schema.parse(JSON.parse(body))
  } catch (cause) {
    throw new ProviderError('Misconfigured', `an answer of unknown form: ${body.slice(0, 200)}`, { cause })
  }
}
