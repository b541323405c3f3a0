// Which answers can a route give that its description does not name? Refusals of the server before
// a handler runs, and failures that every handler can have. The document lists these with every
// operation, by reference.
import { z } from 'zod'
import type { RouteAnswer, ResponseHeader, Route } from './route.ts'

export const requestIdHeader: ResponseHeader = {
  description: 'The id of the request, as in logs and events: that of the caller if it is valid.',
  schema: z.string().regex(/^[\w.:-]{1,128}$/),
  always: true,
}

export const retryAfterHeader: ResponseHeader = {
  description: 'Seconds to wait before the next attempt.',
  schema: z.string().regex(/^\d+$/),
  always: true,
}

interface Common extends RouteAnswer {
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
    description: 'The request has no valid token.',
    headers: {
      'www-authenticate': { description: 'As RFC 6750 defines it.', schema: z.string(), always: true },
    },
  },
  403: { name: 'Forbidden', description: 'The token is valid but names no customer.' },
  404: { name: 'NotFound', description: 'The path is not in this document.' },
  405: {
    name: 'MethodNotAllowed',
    description: 'The path does not support the method.',
    headers: { allow: { description: 'The supported methods.', schema: z.string(), always: true } },
  },
  408: { name: 'RequestTimeout', description: 'The request did not arrive in time.', plain: true },
  413: { name: 'ContentTooLarge', description: 'The body is larger than the allowed size.' },
  414: { name: 'UriTooLong', description: 'A part of the path is longer than 100 characters.' },
  415: { name: 'UnsupportedMediaType', description: 'The body is not application/json, or is compressed.' },
  429: {
    name: 'TooManyRequests',
    description: 'Too many requests of this customer or this address.',
    headers: { 'retry-after': retryAfterHeader },
    plain: true,
  },
  431: { name: 'HeadersTooLarge', description: 'The headers are larger than 16 KiB.', plain: true },
  500: {
    name: 'InternalError',
    description: 'An internal error; the log of the service has details under the request id.',
  },
  501: { name: 'NotImplemented', description: 'HTTP defines no such method.' },
  503: {
    name: 'ServiceUnavailable',
    description:
      'The service is overloaded, or a system that it needs is unavailable; nothing of this request was stored.',
    headers: { 'retry-after': retryAfterHeader },
  },
} as const satisfies Readonly<Record<number, RouteAnswer & { readonly name: string }>>

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
