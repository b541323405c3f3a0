// How is the console served? By HTTP: the page, what it is made of, the stream and the API. On the
// loopback address, or in a pod for those who are behind its Service.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CommandError } from '@orderpipeline/client'
import { staffTokenHeader } from '../model/orders.ts'
import { actionsApi } from './actions-api.ts'
import type { HttpAnswer } from './answer.ts'
import { decoded, problem, statusOf } from './answer.ts'
import { createApi } from './api.ts'
import type { Api } from './api.ts'
import { eventStreams } from './event-streams.ts'
import type { StreamPeriods } from './event-streams.ts'
import { machineAddresses, refusalOf, securityHeaders } from './guard.ts'
import type { Addresses } from './guard.ts'
import type { Observer } from './observer.ts'
import { observersOf } from './observers.ts'
import type { PageFiles } from '../page-files.ts'
import { longHistories } from '../prometheus/long-histories.ts'
import type { LongHistories } from '../prometheus/long-histories.ts'
import { rangeReader } from '../prometheus/range-reader.ts'
import { whatIfInThread } from '../what-if/what-if-thread.ts'
import type { DryRunner } from '../what-if/what-if-thread.ts'
import { noVisibleNamespace } from './visitor.ts'
import type { Visitor, Visitors } from './visitor.ts'

export interface HttpConsole {
  readonly port: number
  readonly viewers: number
  close(): Promise<void>
}

export interface ServerOptions {
  /** One for each namespace. */
  readonly observers: readonly Observer[]
  readonly visitors: Visitors
  readonly files: () => Promise<PageFiles>
  /** 0: any that is free. */
  readonly port: number
  /** The loopback address and its names unless given. */
  readonly cluster?: { readonly listen: string; readonly addresses: Addresses }
  readonly say: (line: string) => void
  /** Makes the dry runs; a thread of this process unless given. */
  readonly whatIf?: DryRunner
  /** The address of the Prometheus that keeps a longer history. */
  readonly prometheus?: string | undefined
  readonly periods?: StreamPeriods
}

const healthPath = '/healthz'

/** @throws NodeJS.ErrnoException EADDRINUSE where another program holds the port */
export async function serveHttp(options: ServerOptions): Promise<HttpConsole> {
  const { visitors, cluster } = options
  const observers = observersOf(options.observers)
  const streams = eventStreams(observers, options.periods)
  const api = createApi(observers, options.whatIf ?? whatIfInThread, longHistoriesAt(options.prometheus))
  const acting = actionsApi(observers, (pipeline) => api.forget(pipeline))
  let addresses = cluster?.addresses ?? machineAddresses(0)
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (error instanceof CommandError && !response.headersSent)
        return send(response, problem(statusOf(error), error.message))
      options.say(`console: ${request.url}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      if (response.headersSent) response.destroy()
      else send(response, problem(500, 'Something went wrong; the log of the console says what.'))
    })
  })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    // The kubelet asks by the pod's own address.
    if (cluster && url.pathname === healthPath) return send(response, { status: 200, body: { status: 'up' } })
    const refusal = refusalOf(request, addresses, visitors.posts(url.pathname))
    if (refusal) return send(response, problem(refusal.status, refusal.reason))
    if (!url.pathname.startsWith('/api/')) return file(response, await options.files(), url.pathname)
    const session = await visitors.session(request, url.pathname)
    if (session) return send(response, session)
    const visitor = await visitors.of(request)
    if ('status' in visitor) return send(response, visitor)
    if (url.pathname === '/api/stream') return openStream(request, response, visitor)
    send(response, await answerOf(request, url, visitor, { api, acting }))
  }
  const openStream = async (request: IncomingMessage, response: ServerResponse, visitor: Visitor): Promise<void> => {
    const visibleNamespaces = await visitor.seen()
    if (visibleNamespaces?.size === 0) return send(response, problem(403, noVisibleNamespace(observers.namespaces)))
    const isCurrent = async (): Promise<boolean> => {
      const again = await visitors.of(request)
      return !('status' in again) && sameNames(await again.seen(), visibleNamespaces)
    }
    if (!streams.open(response, visibleNamespaces, isCurrent))
      send(response, problem(503, 'Too many pages watch already.'))
  }
  server.requestTimeout = 10_000
  server.headersTimeout = 10_000
  server.maxConnections = 400
  await listening(server, options.port, cluster?.listen ?? '127.0.0.1')
  const { port } = server.address() as AddressInfo
  addresses = cluster?.addresses ?? machineAddresses(port)
  return {
    port,
    get viewers() {
      return streams.count
    },
    close: async () => {
      streams.close()
      await acting.close()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function longHistoriesAt(prometheus: string | undefined): LongHistories | undefined {
  return prometheus === undefined ? undefined : longHistories(rangeReader(prometheus))
}

async function answerOf(
  request: IncomingMessage,
  url: URL,
  visitor: Visitor,
  { api, acting }: { readonly api: Api; readonly acting: ReturnType<typeof actionsApi> },
): Promise<HttpAnswer> {
  const [, , namespace, name] = url.pathname.split('/').filter(Boolean).map(decoded)
  if (namespace === undefined || name === undefined) return problem(404, 'There is no such address.')
  const refusal = await visitor.pipelineRefusal(namespace, name)
  if (refusal !== undefined) return problem(403, refusal)
  return (
    (await acting.answer(request, url, visitor)) ??
    (await api.answer(url.pathname, visitor, url.searchParams, staffTokenOf(request))) ??
    problem(404, 'There is no such address.')
  )
}

/** For the gateway: the console does not keep it. */
function staffTokenOf({ headers }: IncomingMessage): string | undefined {
  const token = headers[staffTokenHeader]
  return token === undefined ? undefined : String(token)
}

function sameNames(a: ReadonlySet<string> | undefined, b: ReadonlySet<string> | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.size === b.size && [...a].every((name) => b.has(name))
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host }, resolve)
  })
}

/** Every address that is no file is one of the page's own views. */
function file(response: ServerResponse, { html, script, style, icon }: PageFiles, path: string): void {
  const [type, text] =
    path === '/assets/console.js'
      ? ['text/javascript; charset=utf-8', script]
      : path === '/assets/console.css'
        ? ['text/css; charset=utf-8', style]
        : path === '/assets/icon.svg' || path === '/favicon.ico'
          ? ['image/svg+xml', icon]
          : ['text/html; charset=utf-8', html]
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' }).end(text)
}

function send(response: ServerResponse, { status, body, headers = {} }: HttpAnswer): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers })
    .end(JSON.stringify(body))
}
