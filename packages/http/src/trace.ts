// Where does an order's trace begin? With its request, which is linked to the caller's trace, or
// continues it where the caller may decide what is traced.
import type { FastifyInstance } from 'fastify'
import type { Span, Tracing } from '@orderpipeline/telemetry'
import { onRequestEnd } from './request-end.ts'

/**
 * A span for every request, which the request's correlation carries on. Call it after the hook that
 * sets the correlation.
 */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  const spans = new WeakMap<object, Span>()
  app.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url
    const span = tracing.span(route === undefined ? request.method : `${request.method} ${route}`, {
      kind: 'server',
      parent: request.correlation.traceparent,
      link: request.correlation.callerTraceparent,
      attributes: {
        'http.request.method': request.method,
        ...(route === undefined ? {} : { 'http.route': route }),
        'url.path': request.url.split('?')[0] ?? '',
        'orderpipeline.correlation.id': request.correlation.correlationId,
      },
    })
    spans.set(request, span)
    request.correlation = { ...request.correlation, traceparent: span.traceparent }
    done()
  })
  onRequestEnd(app, (request, { status }) => {
    const span = spans.get(request)
    span?.set({ 'http.response.status_code': status })
    if (status >= 500) span?.fail(new Error(`answered ${status}`))
    span?.end()
  })
}
