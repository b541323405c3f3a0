// How do refusals of the framework, and of the HTTP parser before it, get the words and the shape
// of all others? Every error with a status below 500 becomes a problem that names where, what was
// found and what is allowed.
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyError, FastifyRequest } from 'fastify'
import { HttpProblemError } from './problem.ts'
import type { ProblemBody } from './problem.ts'

/** `undefined`: the error is on our side, and its text is not for callers. */
export function refusalOf(
  error: FastifyError | HttpProblemError,
  request: FastifyRequest,
): HttpProblemError | undefined {
  if (error instanceof HttpProblemError) return error
  const problem = (status: number, title: string, path: string, found: string, allowed: string) =>
    new HttpProblemError(status, title, `1 problem in: ${path}`, { problems: [{ path, found, allowed }], cause: error })
  const length = request.headers['content-length']
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE': {
      const size = length === undefined ? 'more' : `${length} bytes`
      return problem(413, 'Content Too Large', 'body', size, `at most ${request.routeOptions.bodyLimit} bytes`)
    }
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return problem(400, 'Invalid Request', 'content-length', length ?? 'nothing', 'the length of the body')
    case 'FST_ERR_BAD_URL':
      return problem(400, 'Invalid Request', 'path', pathOf(request), 'percent-encoded UTF-8')
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return problem(414, 'URI Too Long', 'path', pathOf(request), 'at most 100 characters between two slashes')
    default: {
      const status = error.statusCode ?? 500
      return status < 500 ? problem(status, 'Invalid Request', 'request', error.message, 'HTTP/1.1') : undefined
    }
  }
}

function pathOf({ url }: FastifyRequest): string {
  const path = url.split('?')[0] ?? ''
  return path.length > 120 ? `${path.slice(0, 120)}…` : path
}

export function problemBody(
  { status, title, message: detail, problems, members }: HttpProblemError,
  requestId: string,
): ProblemBody {
  return { ...members, title, status, detail, ...(problems ? { problems } : {}), requestId }
}

interface ParserError extends Error {
  readonly code?: string
}

/**
 * No route knows a request that the HTTP parser itself refuses; it is answered on the bare
 * connection.
 */
export function answerParserError(error: ParserError, socket: Socket, count: (status: number) => void): void {
  const { _httpMessage: answer } = socket as Socket & {
    readonly _httpMessage?: { readonly headersSent: boolean } | null
  }
  // A caller that has left reads no answer; and after an answer has begun, another one would be
  // taken for its rest.
  if (error.code === 'ECONNRESET' || !socket.writable || answer?.headersSent) {
    socket.destroy()
    return
  }
  answerBare(socket, parserRefusal(error), count)
}

/** Answers on a connection whose request has no route, and ends it. */
export function answerBare(socket: Duplex, refusal: HttpProblemError, count: (status: number) => void): void {
  const { status } = refusal
  const requestId = randomUUID()
  const body = JSON.stringify(problemBody(refusal, requestId))
  count(status)
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'content-type: application/problem+json',
      `x-request-id: ${requestId}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  )
}

/** CONNECT asks for a tunnel; there is none. */
export const noTunnel = new HttpProblemError(501, 'Not Implemented', '1 problem in: method', {
  problems: [{ path: 'method', found: 'CONNECT', allowed: 'a method other than CONNECT' }],
})

function parserRefusal({ code, message }: ParserError): HttpProblemError {
  const problem = (status: number, title: string, path: string, found: string, allowed: string) =>
    new HttpProblemError(status, title, `1 problem in: ${path}`, { problems: [{ path, found, allowed }] })
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return problem(431, 'Request Header Fields Too Large', 'headers', 'more', 'at most 16384 bytes')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HttpProblemError(408, 'Request Timeout', 'the request did not arrive in time')
    case 'HPE_INVALID_METHOD':
      return problem(501, 'Not Implemented', 'method', 'another', 'a method of HTTP')
    default:
      return problem(400, 'Invalid Request', 'request', message.replace(/^Parse Error: /, ''), 'HTTP/1.1')
  }
}
