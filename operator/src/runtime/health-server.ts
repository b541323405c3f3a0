// Is the operator alive, is it ready, and what does it measure? /healthz, /readyz and /metrics.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'

export interface HealthServer {
  readonly port: number
  close(): Promise<void>
}

export interface Health {
  readonly alive: () => boolean
  readonly ready: () => boolean
}

export async function healthServer(port: number, registry: Registry, health: Health): Promise<HealthServer> {
  const server = createServer((request, response) => {
    switch (request.url?.split('?')[0]) {
      case '/healthz':
        return respond(response, health.alive())
      case '/readyz':
        return respond(response, health.ready())
      case '/metrics':
        return void registry.metrics().then(
          (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
          () => response.writeHead(500).end(),
        )
      default:
        return void response.writeHead(404).end()
    }
  })
  server.requestTimeout = 5000
  server.headersTimeout = 5000
  server.listen(port)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function respond(response: ServerResponse, yes: boolean): void {
  response.writeHead(yes ? 200 : 503, { 'content-type': 'text/plain' }).end(yes ? 'ok' : 'not yet')
}
