// Which web pages may call the service from a browser? Those of the configured origins; by default
// none. Tokens travel in a header that a page sets itself, never in a cookie, so credentials in the
// sense of CORS are never allowed.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const sentHeaders =
  'authorization, content-type, idempotency-key, last-event-id, prefer, traceparent, tracestate, x-request-id'
const readHeaders = 'idempotency-replayed, location, preference-applied, retry-after, www-authenticate, x-request-id'
/** How long a browser does not ask again. */
const maxAgeSeconds = '600'

export interface Cors {
  readonly preflight: (request: FastifyRequest, reply: FastifyReply, methods: readonly string[]) => void
}

/** `origins`: such as `https://shop.example`, or `*` for any. */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): Cors {
  if (origins.length === 0) return { preflight: () => undefined }
  const allowedOrigin = ({ headers: { origin } }: FastifyRequest): string | undefined => {
    if (origins.includes('*')) return '*'
    return origin !== undefined && origins.includes(origin) ? origin : undefined
  }
  // Refusals, too: a page that may call may read why it was refused.
  app.addHook('onRequest', (request, reply, done) => {
    const origin = allowedOrigin(request)
    if (!origins.includes('*')) void reply.header('vary', 'origin')
    if (origin !== undefined && request.headers.origin !== undefined)
      void reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': readHeaders })
    done()
  })
  return {
    preflight: (request, reply, methods) => {
      if (allowedOrigin(request) === undefined || request.headers['access-control-request-method'] === undefined) return
      void reply.headers({
        'access-control-allow-methods': methods.join(', '),
        'access-control-allow-headers': sentHeaders,
        'access-control-max-age': maxAgeSeconds,
      })
    },
  }
}
