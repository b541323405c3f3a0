// What does every HTTP service of ours have in common? Bounds on size, time and age of a connection, a correlation id
// on every answer, metrics per route, and problem answers that hide what broke on our side.
import { fastify, LogController, type FastifyBaseLogger, type FastifyError, type FastifyInstance } from 'fastify'
import type { Logger, Registry, Tracing } from '@orderpipeline/kit-telemetry'
import { correlationOf, type Correlation } from './correlation.ts'
import { observeRequests } from './metrics.ts'
import { logRequests, type RequestLog } from './request-log.ts'
import { HttpProblem, type ProblemBody } from './problem.ts'
import { traceRequests } from './trace.ts'

declare module 'fastify' {
  interface FastifyRequest {
    correlation: Correlation
  }
}

export interface HttpServerOptions {
  readonly logger: Logger
  readonly registry: Registry
  /** Where requests are to be traced. */
  readonly tracing?: Tracing | undefined
  readonly bodyLimitBytes: number
  /** Longest time to receive one request; without it a slow sender holds a connection for ever. */
  readonly requestTimeoutMs: number
  /** A connection without traffic for so long is closed. */
  readonly connectionTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /**
   * A connection older than this (±20 %) is closed with its next answer. Connections are balanced only when they are
   * opened, so without an end a new replica would get no share of the traffic.
   */
  readonly connectionMaxAgeMs: number
  /** Addresses and networks whose `X-Forwarded-For` is believed; none unless given. */
  readonly trustedProxies?: readonly string[] | undefined
  /** Default `none`: metrics count requests in any case. */
  readonly requestLog?: RequestLog
}

export interface HttpServer {
  readonly app: FastifyInstance
  /** Asks callers to go elsewhere with each answer while the load balancer learns of it; requests are still served. */
  announceClosing(): void
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const loggerInstance: FastifyBaseLogger = options.logger
  const app: FastifyInstance = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    // A logger for each request would be made, with its redaction, for lines that are hardly ever written.
    childLoggerFactory: (logger) => logger,
    bodyLimit: options.bodyLimitBytes,
    requestTimeout: options.requestTimeoutMs,
    connectionTimeout: options.connectionTimeoutMs,
    keepAliveTimeout: options.keepAliveTimeoutMs,
    // What was accepted before closing is served, not refused.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    trustProxy: options.trustedProxies ? [...options.trustedProxies] : false,
    requestIdHeader: false,
    genReqId: () => '',
  })
  let closing = false
  const expiry = new WeakMap<object, number>()

  app.decorateRequest('correlation')
  app.addHook('onRequest', (request, reply, done) => {
    request.correlation = correlationOf(request.headers)
    void reply.header('x-request-id', request.correlation.correlationId)
    const now = performance.now()
    const until = expiry.get(request.socket)
    if (until === undefined) expiry.set(request.socket, now + options.connectionMaxAgeMs * (0.8 + 0.4 * Math.random()))
    if (closing || (until !== undefined && now > until)) void reply.header('connection', 'close')
    done()
  })
  if (options.tracing) traceRequests(app, options.tracing)
  observeRequests(app, options.registry)
  logRequests(app, options.logger, options.requestLog ?? 'none')

  app.setErrorHandler((error: FastifyError | HttpProblem, request, reply) => {
    const { correlationId } = request.correlation
    const body = problemBody(error, correlationId)
    if (body.status >= 500) {
      // A refusal for want of room or of a database comes by the thousand: the metrics count it, the log need not.
      const level = error instanceof HttpProblem && error.retry ? 'debug' : 'error'
      const cause = error.cause ?? error
      options.logger[level]({ error: cause, correlationId, route: request.routeOptions.url }, error.message)
    }
    if (error instanceof HttpProblem) void reply.headers(error.headers)
    return reply.code(body.status).type('application/problem+json').send(JSON.stringify(body))
  })
  app.setNotFoundHandler((request, reply) => {
    const detail = `no route ${request.method} ${request.url.split('?')[0] ?? ''}`
    const body: ProblemBody = { title: 'Not Found', status: 404, detail, requestId: request.correlation.correlationId }
    return reply.code(404).type('application/problem+json').send(JSON.stringify(body))
  })
  return {
    app,
    announceClosing: () => {
      closing = true
    },
  }
}

/** Only our own problems and the framework's 4xx (malformed JSON, too large) carry their text to the caller. */
function problemBody(error: FastifyError | HttpProblem, requestId: string): ProblemBody {
  if (error instanceof HttpProblem) {
    const { status, title, message: detail, problems, members } = error
    return { ...members, title, status, detail, ...(problems ? { problems } : {}), requestId }
  }
  const status = error.statusCode ?? 500
  if (status >= 400 && status < 500) return { title: 'Invalid Request', status, detail: error.message, requestId }
  return { title: 'Internal Error', status: 500, requestId }
}
