// How do bytes travel to the API server and back? Requests with a deadline, and long answers read
// line by line. Credentials come from a kubeconfig or the pod's service account by
// @kubernetes/client-node; the requests are our own, since its typed ones drop unknown fields and
// its watches drop lines they cannot read.
import { once } from 'node:events'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { ApiError, ConnectionError } from './errors.ts'

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  readonly contentType?: string
  readonly signal?: AbortSignal
  /** Until the answer is read whole, or, for lines, until it begins. */
  readonly timeoutMs: number
}

export interface Transport {
  /** The answer's JSON. Throws ApiError or ConnectionError. */
  json(call: Call): Promise<unknown>
  /** The answer's lines as they come, until it ends or the signal aborts. */
  lines(call: Call): Promise<AsyncIterable<string>>
  close(): void
}

export type CallObserver = (call: Call, code: number | string, seconds: number) => void

const requestSockets = 32
const credentialsMs = 10_000

export const transport = async (
  kubeConfig: KubeConfig,
  now: () => number,
  observe: CallObserver = () => {},
): Promise<Transport> => {
  const server = kubeConfig.getCurrentCluster()?.server
  if (server === undefined) throw new Error('the kubeconfig names no cluster')
  const base = new URL(server)
  const tls: RequestOptions = {}
  await kubeConfig.applyToHTTPSOptions(tls)
  const { ca, cert, key, rejectUnauthorized, servername } = tls
  const secure = {
    ca,
    cert,
    key,
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(servername ? { servername } : {}),
  }
  const agentFor = (maxSockets: number) =>
    base.protocol === 'http:'
      ? new HttpAgent({ keepAlive: true, maxSockets })
      : new Agent({ keepAlive: true, maxSockets, ...secure })
  const agents = { json: agentFor(requestSockets), lines: agentFor(Infinity) }

  let credentials: Promise<RequestOptions> | undefined
  let credentialsUntil = 0
  /** Read again now and then: tokens are renewed on disk. */
  const currentCredentials = (): Promise<RequestOptions> => {
    if (credentials && now() < credentialsUntil) return credentials
    credentialsUntil = now() + credentialsMs
    const asked: RequestOptions = {}
    credentials = kubeConfig.applyToHTTPSOptions(asked).then(() => ({ headers: asked.headers, auth: asked.auth }))
    credentials.catch(() => (credentials = undefined))
    return credentials
  }

  const open = async (call: Call, agent: HttpAgent | Agent, deadline: AbortSignal): Promise<IncomingMessage> => {
    const { headers: identity, auth } = await currentCredentials()
    const body = call.body === undefined ? undefined : JSON.stringify(call.body)
    const headers: OutgoingHttpHeaders = {
      ...(identity as OutgoingHttpHeaders | undefined),
      accept: 'application/json',
      'user-agent': 'orderpipeline-operator',
      ...(body === undefined
        ? {}
        : { 'content-type': call.contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
    }
    const url = new URL(base.pathname.replace(/\/$/, '') + call.path, base)
    for (const [name, value] of Object.entries(call.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value))
    const send = base.protocol === 'http:' ? httpRequest : httpsRequest
    const request = send(url, {
      method: call.method,
      headers,
      agent,
      ...(auth ? { auth } : {}),
    })
    // The first error rejects the wait below, or reaches the reader through the answer; a request
    // that failed and is then aborted has a second one, which is nobody's.
    request.on('error', () => {})
    // Not by the `signal` option, nor with an error: where the answer has come whole and is not
    // read yet, the socket would throw it.
    const abort = (): void => void request.destroy()
    if (deadline.aborted) abort()
    else deadline.addEventListener('abort', abort, { once: true })
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.on('error', () => {}) // and one that nobody reads any more is nobody's
    return response
  }

  const observed = async <T>(
    call: Call,
    work: (deadline: AbortController) => Promise<{ code: number; value: T }>,
  ): Promise<T> => {
    const started = now()
    const deadline = new AbortController()
    const abort = (): void => deadline.abort()
    const timer = setTimeout(abort, call.timeoutMs)
    call.signal?.addEventListener('abort', abort, { once: true })
    if (call.signal?.aborted) abort()
    const done = (code: number | string): void => observe(call, code, (now() - started) / 1000)
    try {
      const { code, value } = await work(deadline)
      done(code)
      return value
    } catch (error) {
      if (error instanceof ApiError) {
        done(error.code)
        throw error
      }
      const late = deadline.signal.aborted && !call.signal?.aborted
      done(late ? 'timeout' : 'connection')
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

  return {
    json: (call) =>
      observed(call, async (deadline) => {
        const response = await open(call, agents.json, deadline.signal)
        const text = await textOf(response)
        const code = response.statusCode ?? 0
        if (code >= 400) throw apiError(response, text)
        return { code, value: text === '' ? undefined : (JSON.parse(text) as unknown) }
      }),
    lines: (call) =>
      observed(call, async (deadline) => {
        const response = await open(call, agents.lines, deadline.signal)
        const code = response.statusCode ?? 0
        if (code >= 400) throw apiError(response, await textOf(response))
        return { code, value: linesOf(response) }
      }),
    close: () => {
      agents.json.destroy()
      agents.lines.destroy()
    },
  }
}

const textOf = async (response: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8')
  let rest = ''
  try {
    // Ends with an error when the connection does, also one that was cut before anybody began to
    // read.
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

const apiError = (response: IncomingMessage, text: string): ApiError => {
  const code = response.statusCode ?? 0
  const retryAfter = Number(response.headers['retry-after'])
  const seconds = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : undefined
  try {
    const status = JSON.parse(text) as { reason?: string; message?: string }
    return new ApiError(code, status.reason ?? 'Unknown', status.message ?? text, seconds)
  } catch {
    return new ApiError(code, 'Unknown', text.slice(0, 500) || `status ${code}`, seconds)
  }
}
