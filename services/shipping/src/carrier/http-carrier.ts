// How is a carrier called over HTTP? docs/guides/parcels.md has the contract, which an adapter to a
// real carrier serves. Every call has a time-out, and no answer is read without bound.
import { z } from 'zod'
import { CarrierError, carriedStatuses } from './carrier.ts'
import type { Carrier, CarrierFailure } from './carrier.ts'

export interface HttpCarrierOptions {
  readonly url: string
  readonly token?: string | undefined
  readonly timeoutMs: number
}

const text = z.string().min(1).max(100)
const LabelBody = z.object({
  carrier: text,
  trackingNumber: text,
  trackingUrl: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional(),
  labelUrl: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional(),
})
const StatusesBody = z.object({
  parcels: z.array(z.object({ trackingNumber: text, status: z.enum(carriedStatuses) })).max(1_000),
})
const largestAnswer = 256 * 1_024

export function httpCarrier({ url, token, timeoutMs }: HttpCarrierOptions): Carrier {
  const call = async (method: string, path: string, signal: AbortSignal, body?: object) => {
    const signalWithTimeout = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    try {
      const response = await fetch(`${url.replace(/\/$/, '')}${path}`, {
        method,
        headers: {
          ...(body ? { 'content-type': 'application/json' } : {}),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        // The token is for the carrier only.
        redirect: 'manual',
        signal: signalWithTimeout,
      })
      return { status: response.status, text: await boundedText(response) }
    } catch (cause) {
      if (cause instanceof CarrierError || signal.aborted) throw cause
      const late = cause instanceof Error && cause.name === 'TimeoutError'
      throw new CarrierError(late ? 'Busy' : 'Unreachable', String(cause), { cause })
    }
  }
  return {
    label: async ({ orderId, items }, signal) =>
      parse(LabelBody, await call('PUT', `/labels/${orderId}`, signal, { items })),
    void: async (orderId, signal) => {
      const answer = await call('DELETE', `/labels/${orderId}`, signal)
      if (answer.status !== 404 && answer.status >= 300) throw failure(answer)
    },
    statuses: async (trackingNumbers, signal) => {
      const answer = await call('POST', '/parcels', signal, { trackingNumbers })
      return new Map(parse(StatusesBody, answer).parcels.map((each) => [each.trackingNumber, each.status]))
    },
  }
}

interface CarrierAnswer {
  readonly status: number
  readonly text: string
}

function parse<Body>(schema: z.ZodType<Body>, answer: CarrierAnswer): Body {
  if (answer.status !== 200) throw failure(answer)
  try {
    return schema.parse(JSON.parse(answer.text))
  } catch (cause) {
    throw new CarrierError('Misconfigured', `answered 200 with a body of unknown form: ${String(cause)}`, {
      cause,
    })
  }
}

function failure({ status, text: answerText }: CarrierAnswer): CarrierError {
  return new CarrierError(failureOf(status), `answered ${status}: ${answerText.slice(0, 200)}`)
}

function failureOf(status: number): CarrierFailure {
  if (status === 400 || status === 422) return 'Refused'
  return status === 408 || status === 425 || status === 429 || status >= 500 ? 'Busy' : 'Misconfigured'
}

async function boundedText({ status, body }: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.byteLength
    if (bytes > largestAnswer) throw new CarrierError('Misconfigured', `answered ${status} with too many bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}
