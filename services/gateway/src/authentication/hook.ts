// Where is a request asked who sends it? Before its body is read, on every route that is not said
// to be public.
import type { FastifyInstance } from '@orderpipeline/http'
import type { Verifier } from './verifier.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whom its token names; `undefined` where customers are not authenticated. */
    customer: string | undefined
  }
}

export function authenticate(app: FastifyInstance, verify: Verifier | undefined): void {
  app.decorateRequest('customer', undefined)
  if (!verify) return
  app.addHook('onRequest', async (request) => {
    if (request.is404 || request.routeOptions.config.access === 'public') return
    request.customer = await verify(request.headers.authorization)
  })
}
