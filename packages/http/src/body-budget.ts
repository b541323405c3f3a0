// How much memory do the bodies of all requests together take? No more than a budget: each request
// reserves what it may send before it is read, and one that does not fit is answered 503, for every
// sender and however slow it is.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Gauge } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import { overloaded } from './problem.ts'

const againSeconds = 1

/** `maxBytes`: the bound for all bodies, from the first byte to the end of the answer. */
export function limitBodyBytes(app: FastifyInstance, maxBytes: number, registry: Registry): void {
  let reservedBytes = 0
  new Gauge({
    name: 'http_body_bytes_reserved',
    help: 'Bytes reserved for the bodies of the requests in progress.',
    registers: [registry],
    collect() {
      this.set(reservedBytes)
    },
  })
  app.addHook('preParsing', (request, reply, payload, done) => {
    const bytes = bytesOf(request)
    if (bytes === 0) return done(null, payload)
    // One request alone always fits, or a body that is allowed could never be sent.
    if (reservedBytes > 0 && reservedBytes + bytes > maxBytes)
      return done(
        overloaded('too many large requests are being received; nothing of this request was stored', againSeconds),
      )
    reservedBytes += bytes
    reply.raw.once('close', () => {
      reservedBytes -= bytes
    })
    done(null, payload)
  })
}

/** A body without a length may grow to its route's limit. */
function bytesOf({ headers, routeOptions: { bodyLimit } }: FastifyRequest): number {
  if (headers['transfer-encoding'] !== undefined) return bodyLimit
  const length = Number(headers['content-length'] ?? 0)
  return Number.isFinite(length) ? Math.min(length, bodyLimit) : 0
}
