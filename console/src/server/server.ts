// How is the console served? By HTTP on the loopback address: the page, what it is made of, the
// stream and the API.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { actionsApi } from './actions-api.ts'
import type { Actions } from './actions-port.ts'
import { createApi } from './api.ts'
import { addressWithKey } from './access.ts'
import { eventStreams } from './event-streams.ts'
import { refusalOf, securityHeaders } from './guard.ts'
import type { Observer } from './observer.ts'
import type { PageFiles } from '../page-files.ts'
import type { DryRunner } from './what-if.ts'
import type { Source } from './source.ts'

export interface ConsoleServer {
  readonly port: number
  readonly url: string
  /** The console's address, with its key where it acts. */
  readonly address: string
  readonly viewers: number
  close(): Promise<void>
}

export interface ServerOptions {
  readonly source: Source
  readonly observer: Observer
  readonly files: () => Promise<PageFiles>
  /** 0: any that is free. */
  readonly port: number
  readonly say: (line: string) => void
  /** What the console may do; without, it only reads. */
  readonly actions?: Actions
  readonly whatIf?: DryRunner
}

/** @throws NodeJS.ErrnoException EADDRINUSE where another program holds the port */
export async function serveConsole(options: ServerOptions): Promise<ConsoleServer> {
  const streams = eventStreams(options.observer)
  const api = createApi(options.source, options.observer, options.whatIf)
  const acting = options.actions && actionsApi(options.actions, options.observer, (pipeline) => api.forget(pipeline))
  let port = 0
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      options.say(`console: ${request.url}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      if (response.headersSent) response.destroy()
      else json(response, 500, { message: 'Something went wrong; the terminal that runs the console says what.' })
    })
  })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
    const refusal = refusalOf(request, port, acting?.isAction(pathname))
    if (refusal) return json(response, refusal.status, { message: refusal.reason })
    if (pathname === '/api/stream' && request.method === 'GET') {
      if (!streams.open(response)) json(response, 503, { message: 'Too many pages watch already.' })
      return
    }
    const apiAnswer = (await acting?.answer(request, pathname)) ?? (await api.answer(pathname, searchParams))
    if (apiAnswer) return json(response, apiAnswer.status, apiAnswer.body)
    file(response, await options.files(), pathname)
  }
  server.requestTimeout = 10_000
  server.headersTimeout = 10_000
  server.maxConnections = 400
  await listening(server, options.port)
  ;({ port } = server.address() as AddressInfo)
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    address: acting ? addressWithKey(`http://127.0.0.1:${port}`, acting.key) : `http://127.0.0.1:${port}`,
    get viewers() {
      return streams.count
    },
    close: async () => {
      streams.close()
      await acting?.close()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

const listening = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1' }, resolve)
  })

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

function json(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
    .end(JSON.stringify(body))
}
