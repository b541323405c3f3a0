// What does a caller get when a request cannot be served? One shape for all of them (RFC 9457,
// application/problem+json), with every wrong field listed. An error on our side is logged, and its
// text never reaches the caller.
import { z } from 'zod'

export interface FieldProblem {
  /** Where in the request: `items[0].quantity`, or a header's name. */
  readonly path: string
  /** What was there, as JSON, shortened; `nothing` when it was missing. */
  readonly found: string
  readonly allowed: string
}

export interface ProblemBody {
  readonly title: string
  readonly status: number
  readonly detail?: string
  readonly problems?: readonly FieldProblem[]
  readonly requestId: string
}

const fieldProblem = z.object({
  path: z.string().describe('Where in the request: `items[0].quantity`, or the name of a header or parameter.'),
  found: z.string().describe('As JSON, shortened; `nothing` where it was missing.'),
  allowed: z.string(),
})

/** The body of every answer from 400 on. Further members may come (RFC 9457, 3.2). */
export const problemSchema = z
  .looseObject({
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().optional(),
    problems: z.array(fieldProblem).optional(),
    requestId: z.string(),
  })
  .describe('The answer to a request that cannot be served (RFC 9457).')

/** The body where the caller can mend the request: it names what is wrong. */
export const refusalSchema = problemSchema
  .extend({ detail: z.string(), problems: z.array(fieldProblem).min(1) })
  .describe('The answer to a request that its caller can correct (RFC 9457).')

/**
 * Thrown by a handler to answer with that status; its text is meant for the caller, unlike that of
 * any other error.
 */
export class HttpProblemError extends Error {
  override readonly name = 'HttpProblemError'
  readonly reason: string
  readonly retry: boolean
  readonly status: number
  readonly title: string
  readonly problems: readonly FieldProblem[] | undefined
  readonly headers: Readonly<Record<string, string>>
  /** Sent next to the usual members. */
  readonly members: Readonly<Record<string, string>>

  constructor(
    status: number,
    title: string,
    detail: string,
    more: {
      readonly problems?: readonly FieldProblem[]
      readonly headers?: Readonly<Record<string, string>>
      readonly members?: Readonly<Record<string, string>>
      readonly cause?: unknown
    } = {},
  ) {
    super(detail, { cause: more.cause })
    this.status = status
    this.title = title
    this.reason = title.replaceAll(/\W/g, '')
    this.retry = status === 503 || status === 429
    this.problems = more.problems
    this.headers = more.headers ?? {}
    this.members = more.members ?? {}
  }
}

/** 503 that asks the caller to retry; nothing of the request was stored. */
export function overloaded(detail: string, retryAfterSeconds: number, cause?: unknown): HttpProblemError {
  return new HttpProblemError(503, 'Service Unavailable', detail, {
    headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) },
    cause,
  })
}
