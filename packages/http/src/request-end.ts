// When is a request over? When its answer has been sent, or when its caller has left before that:
// whichever comes first, and once. The framework's own hook reports only the former, so a request
// whose caller left would count as active for ever.
import type { FastifyInstance, FastifyRequest } from 'fastify'

export interface RequestEnd {
  /**
   * The status of the answer; where the caller left without an answer, the one that proxies use.
   */
  readonly status: number
  readonly seconds: number
}

/** Known from nginx, and in no conflict: HTTP has no status for an answer without a reader. */
const callerGone = 499

export function onRequestEnd(app: FastifyInstance, report: (request: FastifyRequest, end: RequestEnd) => void): void {
  app.addHook('onRequest', (request, reply, done) => {
    const startedAt = performance.now()
    reply.raw.once('close', () => {
      const status = reply.raw.headersSent ? reply.raw.statusCode : callerGone
      report(request, { status, seconds: (performance.now() - startedAt) / 1_000 })
    })
    done()
  })
}
