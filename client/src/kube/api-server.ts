// How does one request to the API server become an answer, or a failure that says what to do? By
// HTTPS, each with a timeout and a bounded answer.
import { request as requestHttp } from 'node:http'
import { request } from 'node:https'
import type { RequestOptions } from 'node:https'
import { CommandError } from '../failure.ts'

/** The API server did not answer; it may do so later. */
export class KubeUnreachableError extends CommandError {}

/** The API server, or what is behind it, refused. */
export class KubeRefusedError extends CommandError {
  readonly status: number

  constructor(status: number, message: string, options: { readonly advice?: string } = {}) {
    super(message, options)
    this.status = status
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The requests of a person or a program to one API server. */
export interface ApiServer {
  /** undefined where there is no such thing. @throws KubeUnreachableError, KubeRefusedError */
  get<Body>(path: string): Promise<Body | undefined>
  /** As it is, for what is not JSON. `headers`: for a Service behind the API server. */
  getText(path: string, timeoutMs: number, headers?: Headers): Promise<string | undefined>
  /**
   * A merge patch; undefined where there is no such thing. @throws KubeUnreachableError,
   * KubeRefusedError
   */
  patch<Body>(path: string, change: unknown): Promise<Body | undefined>
  /**
   * As JSON; undefined where there is no such thing. @throws KubeUnreachableError, KubeRefusedError
   */
  send<Body>(
    method: Method,
    path: string,
    body: unknown,
    timeoutMs: number,
    headers?: Headers,
  ): Promise<Body | undefined>
}

type Headers = Readonly<Record<string, string>>

export interface ApiServerOptions {
  readonly server: URL
  /** Certificates and credentials, read for each request. */
  readonly access: () => RequestOptions | Promise<RequestOptions>
  /** What the API server remembers as having changed a field. */
  readonly fieldManager: string
  /** For a person who may not. */
  readonly refusedAdvice?: string
  /** For a person whose API server does not answer. */
  readonly unreachableAdvice?: string
}

const answerTimeoutMs = 10_000
const largestAnswerBytes = 64 << 20

export function apiServer(options: ApiServerOptions): ApiServer {
  const { server, fieldManager, refusedAdvice } = options
  const ask = async (call: Call): Promise<string | undefined> => {
    const { status, body } = await fetched(options, call, await options.access())
    if (status === 404) return undefined
    if (status >= 200 && status < 300) return body
    const message = `${server.host} answered ${status} to ${call.path}: ${statusMessage(body)}`
    const refused = (status === 401 || status === 403) && refusedAdvice !== undefined
    throw new KubeRefusedError(status, message, refused ? { advice: refusedAdvice } : {})
  }
  const parsed = <Body>(body: string | undefined) =>
    body === undefined ? undefined : (JSON.parse(body || 'null') as Body)
  return {
    getText: (path, timeoutMs, headers) => ask({ path, timeoutMs, headers }),
    get: async <Body>(path: string) => parsed<Body>(await ask({ path, timeoutMs: answerTimeoutMs })),
    patch: async <Body>(path: string, change: unknown) => {
      const body = JSON.stringify(change)
      const call = { path: `${path}?fieldManager=${fieldManager}`, timeoutMs: answerTimeoutMs }
      return parsed<Body>(await ask({ ...call, method: 'PATCH', body, contentType: 'application/merge-patch+json' }))
    },
    send: async <Body>(method: Method, path: string, payload: unknown, timeoutMs: number, headers?: Headers) => {
      const body = payload === undefined ? {} : { body: JSON.stringify(payload), contentType: 'application/json' }
      return parsed<Body>(await ask({ method, path, timeoutMs, headers, ...body }))
    },
  }
}

interface Call {
  readonly path: string
  readonly timeoutMs: number
  readonly method?: Method
  readonly body?: string
  readonly contentType?: string
  readonly headers?: Headers | undefined
}

function fetched(
  { server, unreachableAdvice }: ApiServerOptions,
  { path, timeoutMs, method = 'GET', body: payload, contentType, headers: own }: Call,
  access: RequestOptions,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(
        new KubeUnreachableError(`The API server ${server.host} does not answer: ${messageOf(error)}`, {
          ...(unreachableAdvice === undefined ? {} : { advice: unreachableAdvice }),
          cause: error,
        }),
      )
    const url = new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server)
    const headers = {
      ...own,
      ...access.headers,
      accept: 'application/json, text/plain',
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
    }
    const ask = url.protocol === 'http:' ? requestHttp : request
    const call = ask(url, { ...access, method, headers })
    const timer = setTimeout(() => call.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)), timeoutMs)
    call.on('response', (response) => {
      response.setEncoding('utf8')
      let body = ''
      response.on('data', (chunk: string) => {
        body += chunk
        if (body.length > largestAnswerBytes) call.destroy(new Error(`more than ${largestAnswerBytes} bytes`))
      })
      response.on('error', fail)
      response.on('end', () => {
        clearTimeout(timer)
        resolve({ status: response.statusCode ?? 0, body })
      })
    })
    call.on('error', (error) => {
      clearTimeout(timer)
      fail(error)
    })
    call.end(payload)
  })
}

/** A Status of Kubernetes, or a problem (RFC 9457) of a Service behind the API server. */
interface Refusal {
  readonly message?: string
  readonly detail?: string
  readonly problems?: readonly { readonly path: string; readonly found: string; readonly allowed: string }[]
}

const mostProblems = 5

function statusMessage(body: string): string {
  try {
    const { message, detail, problems = [] } = JSON.parse(body) as Refusal
    const fields = problems
      .slice(0, mostProblems)
      .map(({ path, found, allowed }) => `${path}: found ${found}; allowed: ${allowed}`)
    return [message ?? detail ?? body.slice(0, 200), ...fields].join('; ')
  } catch {
    return body.slice(0, 200)
  }
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
