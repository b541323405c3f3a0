// How do requests reach the API server? With the kubeconfig's credentials and a deadline each; a
// watch is read line by line. Integers too large for a JavaScript number stay text: Kafka's largest
// retention is one.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { KubeConfig } from '@kubernetes/client-node'

export class ApiError extends Error {
  readonly reason = 'ApiError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.name = 'ApiError'
    this.code = code
  }

  /** Conflicts and overload pass; a refusal does not. */
  get retry(): boolean {
    return this.code === 409 || this.code === 429 || this.code >= 500
  }
}

export interface Call {
  readonly method: 'GET' | 'PATCH'
  /** The path with its query. */
  readonly path: string
  /** Sent as a JSON merge patch. */
  readonly body?: unknown
  readonly signal?: AbortSignal
}

export interface KubeTransport {
  /** @throws ApiError */
  json(call: Call): Promise<unknown>
  /**
   * The answer's lines, each parsed, until it ends. @throws ApiError, or an Error where the
   * connection breaks
   */
  lines(call: Call): AsyncGenerator<unknown>
  close(): void
}

const requestTimeoutMs = 15_000

export async function kubeTransport(kubeConfig: KubeConfig): Promise<KubeTransport> {
  const server = kubeConfig.getCurrentCluster()?.server
  if (!server) throw new Error('the kubeconfig has no current cluster')
  const identity: RequestOptions = {}
  await kubeConfig.applyToHTTPSOptions(identity)
  const { ca, cert, key, rejectUnauthorized } = identity
  const agent = new Agent({ keepAlive: true, maxSockets: 16, ca, cert, key, rejectUnauthorized })

  async function open(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    const options: RequestOptions = {}
    await kubeConfig.applyToHTTPSOptions(options) // each time: tokens are renewed on disk
    const body = call.body === undefined ? undefined : JSON.stringify(call.body)
    const headers = {
      ...(options.headers as Record<string, string> | undefined),
      accept: 'application/json',
      'user-agent': 'topic-operator-stand-in',
      ...(body !== undefined && { 'content-type': 'application/merge-patch+json' }),
    }
    const request = httpsRequest(new URL(server + call.path), { method: call.method, headers, agent, signal })
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    request.on('error', () => undefined) // a later failure is reported by the response
    if ((response.statusCode ?? 0) < 300) return response
    throw new ApiError(response.statusCode ?? 0, messageIn(await text(response)))
  }

  return {
    async json(call) {
      const response = await open(call, AbortSignal.timeout(requestTimeoutMs))
      return parseJson(await text(response))
    },
    async *lines(call) {
      const silence = new AbortController()
      const timer = setTimeout(() => silence.abort(new Error('the watch sent no data')), watchDeadlineMs)
      const signal = call.signal ? AbortSignal.any([call.signal, silence.signal]) : silence.signal
      try {
        const response = await open(call, signal)
        let failure: unknown
        response.on('error', (error) => (failure = error)) // readline takes a broken stream for one that ended
        for await (const line of createInterface({ input: response, crlfDelay: Infinity })) yield parseJson(line)
        if (failure) throw failure as Error
      } finally {
        clearTimeout(timer)
      }
    },
    close: () => agent.destroy(),
  }
}

/** How long the server keeps a watch open. */
export const watchSeconds = 25
/** A watch that the server has not ended by then is a dead connection. */
const watchDeadlineMs = (watchSeconds + 15) * 1000

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

const keepLargeIntegers: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source && /^-?\d+$/.test(source) ? source : value

export function parseJson(json: string): unknown {
  return JSON.parse(json, keepLargeIntegers as Parameters<typeof JSON.parse>[1])
}

function messageIn(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body
  } catch {
    return body.slice(0, 500)
  }
}
