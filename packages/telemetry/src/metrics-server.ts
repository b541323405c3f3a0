// How do Kubernetes and Prometheus observe a service? By /metrics, /healthz and /readyz on a port
// of their own, on bare node:http, so that they answer even where the service itself serves no HTTP
// or is full.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { withDeadline } from '@orderpipeline/retry'
import { exposition } from './open-metrics.ts'
import type { Registry } from './registry.ts'

/** `true`, or the reason why not. */
export type Check = () => true | string | Promise<true | string>

export interface MetricsServerOptions {
  /** 0 takes any free port. */
  readonly port: number
  readonly host?: string
  readonly registry: Registry
  /** Ready to be sent work. */
  readonly ready: Check
  /**
   * Alive; `false` has the kubelet restart the container, so it must not depend on other systems.
   */
  readonly healthy?: Check
  /** A check that takes longer counts as failed, milliseconds. */
  readonly checkTimeoutMs?: number
}

export interface MetricsServer {
  readonly port: number
  close(): Promise<void>
}

export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const timeoutMs = options.checkTimeoutMs ?? 2_000
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'only GET\n')
    switch (request.url?.split('?')[0]) {
      case '/metrics': {
        const { text, contentType } = await exposition(options.registry, request.headers.accept)
        return send(response, 200, text, contentType)
      }
      case '/healthz':
        return sendVerdict(response, await verdict(options.healthy ?? (() => true), timeoutMs))
      case '/readyz':
        return sendVerdict(response, await verdict(options.ready, timeoutMs))
      default:
        return send(response, 404, 'known: /metrics /healthz /readyz\n')
    }
  }
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      send(response, 500, `${error instanceof Error ? error.message : String(error)}\n`)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host ?? '0.0.0.0', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function verdict(check: Check, timeoutMs: number): Promise<true | string> {
  try {
    const late = (): Error => new Error(`no answer within ${timeoutMs} ms`)
    return await withDeadline(timeoutMs, 'the check', Promise.resolve().then(check), late)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function sendVerdict(response: ServerResponse, outcome: true | string): void {
  if (outcome === true) send(response, 200, 'ok\n')
  else send(response, 503, `${outcome}\n`)
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  if (response.headersSent) return
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
}
