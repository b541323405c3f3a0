// How many requests, errors and seconds does each route have? Requests by route and status, their
// duration, and how many are being served.
import type { FastifyInstance } from 'fastify'
import { Counter, Gauge, secondsBuckets, tracedHistogram } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import { onRequestEnd } from './request-end.ts'

/** Returns a function that counts a request that was refused before it came to a route. */
export function observeRequests(server: FastifyInstance, registry: Registry): (status: number) => void {
  const registers = [registry]
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered, by route and status; 499: the caller disconnected first.',
    labelNames: ['method', 'route', 'status'] as const,
    registers,
  })
  const duration = tracedHistogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the start of a request to the end of its answer, or to the disconnect of its caller.',
    labelNames: ['method', 'route'],
    buckets: secondsBuckets,
    registers,
  })
  const active = new Gauge({ name: 'http_requests_active', help: 'Requests in progress.', registers })

  server.addHook('onRequest', (_request, _reply, done) => {
    active.inc()
    done()
  })
  onRequestEnd(server, (request, { status, seconds }) => {
    // The pattern, not the path: one series per route, however many orders there are.
    const route = request.routeOptions.url ?? 'unknown'
    active.dec()
    requests.inc({ method: request.method, route, status })
    duration.observe(seconds, { method: request.method, route }, request.correlation.traceparent)
  })
  return (status) => requests.inc({ method: 'unknown', route: 'unknown', status })
}
