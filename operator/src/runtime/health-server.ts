// Is the operator alive, is it ready, and what does it measure? /healthz, /readyz and /metrics.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
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
        response.writeHead(200, { 'content-type': registry.contentType })
        return void pipeline(metricTexts(registry), response).catch(() => undefined) // the connection is cut
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

/** One metric at a time: the text of a thousand pipelines has megabytes. */
async function* metricTexts(registry: Registry): AsyncGenerator<string> {
  for (const { name } of registry.getMetricsAsArray()) yield `${await registry.getSingleMetricAsString(name)}\n`
}

function respond(response: ServerResponse, yes: boolean): void {
  response.writeHead(yes ? 200 : 503, { 'content-type': 'text/plain' }).end(yes ? 'ok' : 'not yet')
}
