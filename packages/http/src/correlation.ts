// Which id follows one request through logs, events and stages? The caller's x-request-id when it
// is well formed, else the trace id of its W3C traceparent, else a new one. The traceparent itself
// is handed on only when it is well formed and comes from a caller that may decide what is traced:
// a sampled one costs spans in every stage.
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface Correlation {
  readonly correlationId: string
  /** The trace that the request is part of, `00-<trace id>-<parent id>-<flags>`. */
  readonly traceparent: string | undefined
  /**
   * The trace of a caller that may not decide: the request gets a new trace, linked to this one.
   */
  readonly callerTraceparent?: string
}

const requestId = /^[\w.:-]{1,128}$/
const traceContext = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** `trusted`: whether the caller's trace continues here. */
export function correlationOf(
  headers: IncomingHttpHeaders,
  trusted: boolean,
  newId: () => string = randomUUID,
): Correlation {
  const callerId = headers['x-request-id']
  const trace = headers['traceparent']
  const match = typeof trace === 'string' ? traceContext.exec(trace) : null
  const correlationId = typeof callerId === 'string' && requestId.test(callerId) ? callerId : (match?.[1] ?? newId())
  if (trusted || !match) return { correlationId, traceparent: match?.[0] }
  return { correlationId, traceparent: undefined, callerTraceparent: match[0] }
}
