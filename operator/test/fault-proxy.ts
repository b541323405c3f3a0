// What if the connection to the API server breaks? An HTTP proxy in front of it that sees every
// request: it cuts and hangs connections, answers in the server's place, breaks off before or after
// the server has handled the request, and puts lines into watches.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import type { RequestOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeConfig } from '@kubernetes/client-node'

export interface ProxyRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** Anything but GET, leases left out. */
  readonly writes: boolean
  readonly watches: boolean
  /** The number of earlier requests of the same sort, writes or reads. */
  readonly index: number
}

export type Fault =
  /** An answer in the place of the API server. */
  | { readonly kind: 'answer'; readonly code: number; readonly reason: string; readonly retryAfterSeconds?: number }
  /** A reset before the request reaches the server. */
  | { readonly kind: 'resetBefore' }
  /** The server handles the request, and its answer is lost. */
  | { readonly kind: 'resetAfter' }
  /** Nothing is passed on or answered until the client gives up. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** A watch that sends these lines and ends. */
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  /** The server ends a watch after this many seconds. */
  | { readonly kind: 'shorten'; readonly seconds: number }
  /**
   * The server handles the request, then nothing passes any more in either direction: the client is
   * cut off for good.
   */
  | { readonly kind: 'lastBreath' }

export interface ForwardedRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly writes: boolean
  /** When it was sent to the server, and when the server's answer began. */
  readonly at: number
  readonly answeredAt: number | undefined
  readonly code: number | undefined
}

export interface Proxy {
  readonly url: string
  /** Every request sent to the server, in order. */
  readonly passed: readonly ForwardedRequest[]
  /** Faults carried out so far, by kind, or by code for answers. */
  readonly faults: ReadonlyMap<string, number>
  /** `choose` is called for every request; undefined lets it through. */
  inject(choose: (request: ProxyRequest) => Fault | undefined): void
  /** Puts a line into every open watch. Returns how many there are. */
  say(line: string): number
  /** Resets every open connection; new ones are served. */
  cut(): void
  /**
   * Passes nothing on until `false`; requests that have come in the meantime and are still open are
   * passed on then.
   */
  hang(yes: boolean): void
  readonly dead: () => boolean
  close(): Promise<void>
}

/**
 * `access` names the server and the authority that signed its certificate; each request names its
 * client.
 */
export async function proxyTo(access: KubeConfig): Promise<Proxy> {
  const tls: RequestOptions = {}
  await access.applyToHTTPSOptions(tls)
  const agent = new Agent({ keepAlive: true, ca: tls.ca })
  const proxy = new BreakableProxy(new URL(access.getCurrentCluster()?.server ?? ''), agent)
  await proxy.listen()
  return proxy.port()
}

class BreakableProxy {
  readonly #target: URL
  readonly #agent: Agent
  readonly #sockets = new Set<Socket>()
  readonly #watches = new Set<ServerResponse>()
  readonly #passed: ForwardedRequest[] = []
  readonly #faults = new Map<string, number>()
  readonly #counts = { writes: 0, reads: 0 }
  #choose: (request: ProxyRequest) => Fault | undefined = () => undefined
  #resumed: Promise<void> | undefined
  #resume: () => void = () => {}
  #dead = false
  readonly #server = createServer((asking, answer) => {
    answer.on('error', () => {})
    // The client or the server has closed: both see a cut.
    this.#handle(asking, answer).catch(() => asking.socket.destroy())
  })

  constructor(target: URL, agent: Agent) {
    this.#target = target
    this.#agent = agent
    this.#server.on('connection', (socket) => {
      if (this.#dead) return socket.destroy()
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  port(): Proxy {
    return {
      url: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      passed: this.#passed,
      faults: this.#faults,
      inject: (choose) => {
        this.#choose = choose
      },
      say: (line) => {
        for (const watch of this.#watches) watch.write(`${line}\n`)
        return this.#watches.size
      },
      cut: () => this.#cut(),
      hang: (yes) => {
        this.#resume()
        this.#resumed = yes ? new Promise((resolve) => (this.#resume = resolve)) : undefined
      },
      dead: () => this.#dead,
      close: async () => {
        this.#resume()
        this.#agent.destroy()
        const closing = once(this.#server, 'close')
        this.#server.close()
        this.#server.closeAllConnections()
        await closing
      },
    }
  }

  #note(name: string): void {
    return void this.#faults.set(name, (this.#faults.get(name) ?? 0) + 1)
  }

  async #handle(asking: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await bodyOf(asking)
    const request = askedBy(asking, this.#counts)
    if (this.#dead) return void asking.socket.destroy()
    const fault = this.#choose(request)
    if (fault) this.#note(fault.kind === 'answer' ? String(fault.code) : fault.kind)
    switch (fault?.kind) {
      case 'answer':
        return answerWith(answer, fault)
      case 'resetBefore':
        return void asking.socket.resetAndDestroy()
      case 'hang':
        return
      case 'lines':
        return void answer.writeHead(200, { 'content-type': 'application/json' }).end(fault.lines.join('\n') + '\n')
      case 'delay':
        await sleep(fault.ms)
        break
      case 'shorten':
        asking.url = `${request.path}?${shortened(request.query, fault.seconds)}`
        break
      case 'resetAfter':
      case 'lastBreath':
      case undefined: // the fault, if any, comes after the server's answer
    }
    await this.#resumed
    if (answer.destroyed || asking.socket.destroyed) return // the client no longer waits
    const entry: { -readonly [K in keyof ForwardedRequest]: ForwardedRequest[K] } = {
      ...{ method: request.method, path: request.path, query: request.query, writes: request.writes },
      ...{ at: Date.now(), answeredAt: undefined, code: undefined },
    }
    this.#passed.push(entry)
    const response = await this.#forward(asking, body, answer)
    entry.answeredAt = Date.now()
    entry.code = response.statusCode
    if (fault?.kind === 'lastBreath') {
      this.#dead = true
      for (const socket of this.#sockets) socket.destroy()
      return
    }
    if (fault?.kind === 'resetAfter') return void asking.socket.resetAndDestroy()
    await this.#resumed
    answer.writeHead(response.statusCode ?? 502, response.headers)
    if (request.watches) {
      this.#watches.add(answer)
      answer.on('close', () => this.#watches.delete(answer))
      answer.flushHeaders()
    }
    for await (const chunk of response) {
      await this.#resumed
      answer.write(chunk)
    }
    answer.end()
  }

  /** The server sees when the client closes its connection. */
  async #forward(asking: IncomingMessage, body: Buffer, answer: ServerResponse): Promise<IncomingMessage> {
    const { host: _replaced, connection: _own, ...headers } = asking.headers
    const request = httpsRequest(new URL(asking.url ?? '/', this.#target), {
      method: asking.method,
      headers,
      agent: this.#agent,
    })
    answer.on('close', () => request.destroy())
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    request.on('error', () => {})
    return response
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }
}

function askedBy(asking: IncomingMessage, counts: { writes: number; reads: number }): ProxyRequest {
  const { pathname, searchParams } = new URL(asking.url ?? '/', 'http://proxy')
  const method = asking.method ?? 'GET'
  const writes = method !== 'GET' && !pathname.includes('/leases')
  const index = writes ? counts.writes++ : counts.reads++
  return { method, path: pathname, query: searchParams, writes, watches: searchParams.get('watch') === 'true', index }
}

function shortened(query: URLSearchParams, seconds: number): string {
  const parameters = new URLSearchParams(query)
  parameters.set('timeoutSeconds', String(seconds))
  return parameters.toString()
}

async function bodyOf(asking: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of asking) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function answerWith(
  answer: ServerResponse,
  { code, reason, retryAfterSeconds }: Extract<Fault, { kind: 'answer' }>,
): void {
  const status = { apiVersion: 'v1', kind: 'Status', status: 'Failure', code, reason, message: `injected: ${reason}` }
  const retry = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  answer.writeHead(code, { 'content-type': 'application/json', ...retry }).end(JSON.stringify(status))
}
