// How is a process watched that calls another over HTTP? Through a proxy that reports each request
// before it passes it on, and each answer before it returns it. Without a server behind it, it
// answers as a load balancer does.
import { Agent, createServer, request as send } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { wireEvent } from './wire-event.ts'
import type { WireObserver } from './wire-event.ts'
import type { Tap } from './tap.ts'

export async function startHttpTap(target: URL, newObserver: () => WireObserver): Promise<Tap> {
  const agent = new Agent({ keepAlive: true })
  const server = createServer((request, response) => {
    void (async () => {
      const look = newObserver()
      const what = `${request.method} ${request.url}`
      const values = [String(request.headers['idempotency-key'] ?? '')]
      const body = await buffer(request)
      if (look(wireEvent('asked', what, { values }))) return request.socket.destroy()
      const answer = await forward(target, request, body, agent)
      if (look(wireEvent('answered', what, { values, rows: [[String(answer.status)]] })))
        return request.socket.destroy()
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
    })().catch(() => request.socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      agent.destroy()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

async function forward(
  target: URL,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  agent: Agent,
): Promise<{ status: number; body: Buffer }> {
  const own = { ...headers, host: target.host }
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      send(new URL(url ?? '/', target), { method, headers: own, agent }, resolve)
        .on('error', reject)
        .end(body)
    })
    return { status: answer.statusCode ?? 502, body: await buffer(answer) }
  } catch {
    return { status: 503, body: Buffer.from('{}') }
  }
}
