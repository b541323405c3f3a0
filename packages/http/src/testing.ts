// How do the tests of this package run a server?
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { createHttpServer } from './server.ts'
import type { HttpServerOptions } from './server.ts'

export function testServer(more: Partial<HttpServerOptions> = {}) {
  const registry = createRegistry()
  const server = createHttpServer({
    logger: silentLogger(),
    registry,
    bodyLimitBytes: 1_000,
    requestTimeoutMs: 30_000,
    connectionTimeoutMs: 30_000,
    keepAliveTimeoutMs: 1_000,
    connectionMaxAgeMs: 60_000,
    ...more,
  })
  server.app.get('/orders/:id', () => Promise.resolve({ state: 'fine' }))
  server.app.delete('/orders/:id', (request) => Promise.resolve({ body: request.body ?? 'none' }))
  server.app.post('/orders', (request) => Promise.resolve({ body: request.body ?? 'none' }))
  return { ...server, registry }
}

/** Everything that is answered to these bytes until the connection ends. */
export function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (part) => (text += part.toString()))
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
}

export function portOf(app: ReturnType<typeof testServer>['app']): number {
  return (app.server.address() as AddressInfo).port
}
