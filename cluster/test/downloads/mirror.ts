// How does a test stand in for the hosts of official releases? A real HTTP server with the layout
// of a mirror, `/<host>/<path>`, whose files can be made to fail in the ways that networks and
// hosts do.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Fault =
  | { readonly kind: 'status'; readonly status: number }
  /** The connection ends after so many bytes of this answer, as soon as `when` resolves. */
  | { readonly kind: 'cutOff'; readonly afterBytes: number; readonly when: () => Promise<void> }
  /** So many bytes at once, and one each 10 ms from then on. */
  | { readonly kind: 'slow'; readonly firstBytes: number }
  /** Nothing comes after the head. */
  | { readonly kind: 'silent' }

export interface Mirror {
  readonly url: string
  /** Every request: method, path, and Range where there was one. */
  readonly requests: readonly string[]
  put(officialUrl: string, content: Buffer | string): void
  /** The next answers for this file, one each; later requests succeed. */
  fail(officialUrl: string, ...faults: readonly Fault[]): void
  close(): Promise<void>
}

export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex')
}

export async function mirror(): Promise<Mirror> {
  const files = new Map<string, Buffer>()
  const faults = new Map<string, Fault[]>()
  const requests: string[] = []
  const timers = new Set<NodeJS.Timeout>()
  const pathOf = (officialUrl: string) => {
    const { host, pathname } = new URL(officialUrl)
    return `/${host}${pathname}`
  }
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { url = '', method = '', headers } = request
    requests.push([method, url, headers.range].filter(Boolean).join(' '))
    const fault = method === 'GET' ? faults.get(url)?.shift() : undefined
    const content = files.get(url)
    if (fault?.kind === 'status' || !content || method !== 'GET')
      return void response.writeHead(fault?.kind === 'status' ? fault.status : 404).end()
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
    if (from > 0 && from >= content.length) return void response.writeHead(416).end()
    const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }
    const body = content.subarray(from)
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length, ...(from > 0 ? range : {}) })
    if (fault?.kind === 'silent') response.flushHeaders()
    else if (fault?.kind === 'cutOff') {
      response.write(body.subarray(0, fault.afterBytes))
      void fault.when().then(() => response.destroy())
    } else if (fault?.kind === 'slow') {
      response.write(body.subarray(0, fault.firstBytes))
      let at = fault.firstBytes
      const timer = setInterval(() => response.write(body.subarray(at, ++at)), 10)
      timers.add(timer)
      response.on('close', () => clearInterval(timer))
    } else response.end(body)
  }
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    put: (officialUrl, content) => void files.set(pathOf(officialUrl), Buffer.from(content)),
    fail: (officialUrl, ...ways) => void faults.set(pathOf(officialUrl), [...ways]),
    close: async () => {
      for (const timer of timers) clearInterval(timer)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
