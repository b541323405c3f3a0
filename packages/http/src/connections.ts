// For how long does a connection last? Until it reaches its maximum age, or the service closes:
// then it is closed with its next answer, never under a request that is on its way.
import { jitteredMs } from '@orderpipeline/retry'
import type { FastifyInstance } from 'fastify'

export interface Connections {
  /** Each connection is closed with its next answer, also one to a request that came before. */
  announceClosing(): void
}

/**
 * Connections are balanced only when they are opened: without an end a new replica would get no
 * share of the traffic.
 */
export function limitConnectionAge(app: FastifyInstance, maxAgeMs: number): Connections {
  let leaving = false
  let closing = false
  const expiry = new WeakMap<object, number>()
  app.addHook('onRequest', (request, reply, done) => {
    if (!expiry.has(request.socket)) expiry.set(request.socket, performance.now() + jitteredMs(maxAgeMs))
    // A stream sent its headers before the close was known: after its end the connection would hold
    // up the close until it is too old.
    reply.raw.once('finish', () => {
      if (closing) setImmediate(() => app.server.closeIdleConnections())
    })
    done()
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    const until = expiry.get(request.socket) ?? Infinity
    if (leaving || performance.now() > until) void reply.header('connection', 'close')
    done(null, payload)
  })
  app.addHook('preClose', (done) => {
    closing = true
    done()
  })
  return {
    announceClosing: () => {
      leaving = true
    },
  }
}
