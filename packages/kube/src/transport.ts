// How do bytes travel to the API server and back? Requests with a deadline, and long answers read
// line by line. Credentials and a proxy come from a kubeconfig or the pod's service account by
// @kubernetes/client-node; the requests are our own, since its typed ones drop unknown fields and
// its watches drop lines they cannot read.
import { once } from 'node:events'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import type { RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { ApiError, ConnectionError } from './errors.ts'
import { allowPlainHttp } from './plain-http.ts'

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** It may have a query of its own. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  readonly contentType?: string
  readonly signal?: AbortSignal
  /** Until the answer is read whole, or, for lines, until it begins. */
  readonly timeoutMs: number
}

export interface Transport {
  /** The answer's JSON; undefined where it is empty. @throws ApiError, ConnectionError */
  json(call: Call): Promise<unknown>
  /**
   * The answer's lines as they come, until it ends or the signal aborts. @throws ApiError,
   * ConnectionError
   */
  lines(call: Call): Promise<AsyncIterable<string>>
  close(): void
}

export type CallObserver = (call: Call, code: number | string, seconds: number) => void

export interface TransportOptions {
  /** Which program it is, for the API server's audit log. */
  readonly userAgent: string
  /** Milliseconds, for durations only. */
  readonly now?: () => number
  readonly observe?: CallObserver
  readonly parse?: (json: string) => unknown
}

const requestSockets = 32
const credentialsMs = 10_000

export async function transport(kubeConfig: KubeConfig, options: TransportOptions): Promise<Transport> {
  const { server, proxyUrl } = kubeConfig.getCurrentCluster() ?? {}
  if (server === undefined) throw new Error('the kubeconfig names no cluster')
  const base = new URL(server)
  allowPlainHttp(kubeConfig)
  const tls: RequestOptions = {}
  await kubeConfig.applyToHTTPSOptions(tls)
  const agent = (maxSockets: number): AnyAgent =>
    proxyUrl && tls.agent instanceof HttpAgent ? tls.agent : agentFor(base, tls, maxSockets)
  const agents = { json: agent(requestSockets), lines: agent(Infinity) }
  return new ApiServerTransport(base, agents, kubeConfig, options).port()
}

/** Those of HTTPS and of proxies extend it. */
type AnyAgent = HttpAgent

function agentFor({ protocol }: URL, tls: RequestOptions, maxSockets: number): AnyAgent {
  if (protocol === 'http:') return new HttpAgent({ keepAlive: true, maxSockets })
  const { ca, cert, key, rejectUnauthorized, servername } = tls
  return new Agent({
    ...{ keepAlive: true, maxSockets, ca, cert, key },
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(servername ? { servername } : {}),
  })
}

class ApiServerTransport {
  readonly #base: URL
  readonly #agents: Readonly<Record<'json' | 'lines', AnyAgent>>
  readonly #kubeConfig: KubeConfig
  readonly #userAgent: string
  readonly #now: () => number
  readonly #observe: CallObserver
  readonly #parse: (json: string) => unknown
  #credentials: Promise<RequestOptions> | undefined
  #credentialsUntil = 0

  constructor(
    base: URL,
    agents: Readonly<Record<'json' | 'lines', AnyAgent>>,
    kubeConfig: KubeConfig,
    {
      userAgent,
      now = () => performance.now(),
      observe = () => {},
      parse = (json) => JSON.parse(json) as unknown,
    }: TransportOptions,
  ) {
    this.#base = base
    this.#agents = agents
    this.#kubeConfig = kubeConfig
    this.#userAgent = userAgent
    this.#now = now
    this.#observe = observe
    this.#parse = parse
  }

  port(): Transport {
    return {
      json: (call) =>
        this.#observed(call, async (deadline) => {
          const response = await this.#open(call, this.#agents.json, deadline.signal)
          const text = await textOf(response)
          const code = response.statusCode ?? 0
          if (code >= 300) throw apiError(response, text)
          return { code, value: text === '' ? undefined : this.#parse(text) }
        }),
      lines: (call) =>
        this.#observed(call, async (deadline) => {
          const response = await this.#open(call, this.#agents.lines, deadline.signal)
          const code = response.statusCode ?? 0
          if (code >= 300) throw apiError(response, await textOf(response))
          return { code, value: linesOf(response) }
        }),
      close: () => {
        this.#agents.json.destroy()
        this.#agents.lines.destroy()
      },
    }
  }

  /** Read again at intervals: tokens are renewed on disk. */
  #currentCredentials(): Promise<RequestOptions> {
    if (this.#credentials && this.#now() < this.#credentialsUntil) return this.#credentials
    this.#credentialsUntil = this.#now() + credentialsMs
    const options: RequestOptions = {}
    this.#credentials = this.#kubeConfig
      .applyToHTTPSOptions(options)
      .then(() => ({ headers: options.headers, auth: options.auth }))
    this.#credentials.catch(() => (this.#credentials = undefined))
    return this.#credentials
  }

  async #open(call: Call, agent: AnyAgent, deadline: AbortSignal): Promise<IncomingMessage> {
    const { headers: identity, auth } = await this.#currentCredentials()
    const body = call.body === undefined ? undefined : JSON.stringify(call.body)
    const headers: OutgoingHttpHeaders = {
      ...(identity as OutgoingHttpHeaders | undefined),
      accept: 'application/json',
      'user-agent': this.#userAgent,
      ...(body === undefined
        ? {}
        : { 'content-type': call.contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
    }
    const url = new URL(this.#base.pathname.replace(/\/$/, '') + call.path, this.#base)
    for (const [name, value] of Object.entries(call.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value))
    const send = this.#base.protocol === 'http:' ? httpRequest : httpsRequest
    const request = send(url, {
      method: call.method,
      headers,
      agent,
      ...(auth ? { auth } : {}),
    })
    // The first error rejects the wait below, or reaches the reader through the answer; a request
    // that failed and is then aborted has a second one, which is ignored.
    request.on('error', () => {})
    // Not by the `signal` option, nor with an error: where the answer has come whole and is not
    // read yet, the socket would throw it.
    const abort = (): void => void request.destroy()
    if (deadline.aborted) abort()
    else deadline.addEventListener('abort', abort, { once: true })
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.on('error', () => {}) // an error of an answer that is no longer read is ignored, too
    return response
  }

  async #observed<T>(call: Call, work: (deadline: AbortController) => Promise<{ code: number; value: T }>): Promise<T> {
    const startedAt = this.#now()
    const deadline = new AbortController()
    const abort = (): void => deadline.abort()
    const timer = setTimeout(abort, call.timeoutMs)
    call.signal?.addEventListener('abort', abort, { once: true })
    if (call.signal?.aborted) abort()
    const reportCall = (code: number | string): void => this.#observe(call, code, (this.#now() - startedAt) / 1000)
    try {
      const { code, value } = await work(deadline)
      reportCall(code)
      return value
    } catch (error) {
      if (error instanceof ApiError) {
        reportCall(error.code)
        throw error
      }
      const late = deadline.signal.aborted && !call.signal?.aborted
      reportCall(late ? 'timeout' : 'connection')
      const what = late
        ? `no answer within ${call.timeoutMs} ms`
        : error instanceof Error
          ? error.message
          : String(error)
      throw new ConnectionError(late ? 'Timeout' : 'Connection', `${call.method} ${call.path}: ${what}`, error)
    } finally {
      clearTimeout(timer)
    }
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8')
  let rest = ''
  try {
    // Ends with an error when the connection does, also when it was cut before the first read.
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line !== '') yield line
    }
  } catch (error) {
    throw new ConnectionError('Connection', error instanceof Error ? error.message : String(error), error)
  }
  if (rest !== '') yield rest
}

function apiError(response: IncomingMessage, text: string): ApiError {
  const code = response.statusCode ?? 0
  const retryAfter = Number(response.headers['retry-after'])
  const seconds = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : undefined
  try {
    // A Status of Kubernetes, or a problem (RFC 9457) of a Service behind the API server.
    const status = JSON.parse(text) as { reason?: string; message?: string; detail?: string }
    return new ApiError(code, status.reason ?? 'Unknown', status.message ?? status.detail ?? text, seconds)
  } catch {
    return new ApiError(code, 'Unknown', text.slice(0, 500) || `status ${code}`, seconds)
  }
}
