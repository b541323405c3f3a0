// Which answers can a route give that its description does not name? Refusals of the server before
// a handler runs, and failures that every handler can have. The document lists these with every
// operation, by reference.
import { z } from 'zod'
import type { Answer, ResponseHeader, Route } from './route.ts'

export const requestIdHeader: ResponseHeader = {
  description: 'The id of the request, in logs and events too: that of the caller where it sent a sane one.',
  schema: z.string().regex(/^[\w.:-]{1,128}$/),
  always: true,
}

export const retryAfterHeader: ResponseHeader = {
  description: 'Seconds until it makes sense to come again.',
  schema: z.string().regex(/^\d+$/),
  always: true,
}

interface Common extends Answer {
  /** In `components.responses`. */
  readonly name: string
  readonly status: number
}

const ofStatus = {
  400: {
    name: 'InvalidRequest',
    description: 'The request is wrong: every wrong field, the first 20, with what was found and what is allowed.',
  },
  401: {
    name: 'Unauthorized',
    description: 'There is no valid token.',
    headers: {
      'www-authenticate': { description: 'As RFC 6750 has it.', schema: z.string(), always: true },
    },
  },
  403: { name: 'Forbidden', description: 'The token is valid, and does not say which customer this is.' },
  404: { name: 'NotFound', description: 'No path of this document.' },
  405: {
    name: 'MethodNotAllowed',
    description: 'The path has no such method.',
    headers: { allow: { description: 'The methods that it has.', schema: z.string(), always: true } },
  },
  408: { name: 'RequestTimeout', description: 'The request did not arrive in time.', plain: true },
  413: { name: 'ContentTooLarge', description: 'The body is larger than is allowed.' },
  414: { name: 'UriTooLong', description: 'A part of the path is longer than 100 characters.' },
  415: { name: 'UnsupportedMediaType', description: 'The body is not application/json, or is compressed.' },
  429: {
    name: 'TooManyRequests',
    description: 'Too many requests of this customer or this address.',
    headers: { 'retry-after': retryAfterHeader },
    plain: true,
  },
  431: { name: 'HeadersTooLarge', description: 'The headers are larger than 16 KiB.', plain: true },
  500: { name: 'InternalError', description: 'A mistake of the service; its log has more under the request id.' },
  501: { name: 'NotImplemented', description: 'The method is none of HTTP.' },
  503: {
    name: 'ServiceUnavailable',
    description: 'Too much is being served, or what it needs is away; nothing of this request was kept.',
    headers: { 'retry-after': retryAfterHeader },
  },
} as const satisfies Readonly<Record<number, Answer & { readonly name: string }>>

/** By status. */
export const commonResponses: Readonly<Record<number, Common>> = Object.fromEntries(
  Object.entries(ofStatus).map(([status, answer]) => [status, { ...answer, status: Number(status) }]),
)

/** The answers that this route can give; `needsToken`: the route needs a token. */
export function commonAnswers({ method, path }: Route, needsToken: boolean): readonly Common[] {
  const statuses: readonly (keyof typeof ofStatus)[] = [
    400,
    ...(needsToken ? ([401, 403] as const) : []),
    408,
    ...(method === 'GET' ? [] : ([413] as const)),
    ...(path.includes(':') ? ([414] as const) : []),
    415,
    429,
    431,
    500,
    503,
  ]
  return statuses.flatMap((status) => commonResponses[status] ?? [])
}
