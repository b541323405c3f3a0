// When is a request over? When its answer has been sent, or when its caller has gone before that:
// whichever comes first, and once. The framework's own hook tells only of the former, so whoever
// hung up would be in hand for ever.
import type { FastifyInstance, FastifyRequest } from 'fastify'

export interface RequestEnd {
  /** As it was answered; of a caller who left without any answer, what proxies have made of it. */
  readonly status: number
  readonly seconds: number
}

/**
 * Known from nginx, and in nobody's way: HTTP has no status for an answer that nobody waits for.
 */
const callerGone = 499

export function onRequestEnd(app: FastifyInstance, tell: (request: FastifyRequest, over: RequestEnd) => void): void {
  app.addHook('onRequest', (request, reply, done) => {
    const started = performance.now()
    reply.raw.once('close', () => {
      const status = reply.raw.headersSent ? reply.raw.statusCode : callerGone
      tell(request, { status, seconds: (performance.now() - started) / 1_000 })
    })
    done()
  })
}
