// What does every HTTP service of ours have in common? Bounds on size, time, number and age of
// connections, a correlation id on every answer, metrics per route, and problem answers that hide
// errors on our side.
import { fastify, LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '@orderpipeline/process'
import type { Registry, Tracing } from '@orderpipeline/telemetry'
import { limitBodyBytes } from './body-budget.ts'
import { readJsonBodies } from './body.ts'
import { limitConnectionAge } from './connections.ts'
import { correlationOf } from './correlation.ts'
import type { Correlation } from './correlation.ts'
import { allowOrigins } from './cors.ts'
import { answerOtherMethods } from './methods.ts'
import { observeRequests } from './metrics.ts'
import { logRequests } from './request-log.ts'
import type { RequestLog } from './request-log.ts'
import { networkMatcher } from './networks.ts'
import { HttpProblemError } from './problem.ts'
import type { ProblemBody } from './problem.ts'
import { answerBare, answerParserError, noTunnel, problemBody, refusalOf } from './refusals.ts'
import { traceRequests } from './trace.ts'

declare module 'fastify' {
  interface FastifyRequest {
    correlation: Correlation
  }
}

export interface HttpServerOptions {
  readonly logger: Logger
  readonly registry: Registry
  /** Set where requests are to be traced. */
  readonly tracing?: Tracing | undefined
  readonly bodyLimitBytes: number
  /**
   * The bound for the bodies of all requests being served together; a request beyond it is answered
   * 503. Default 32 MiB.
   */
  readonly maxBodyBytes?: number
  /** Connections open at once; one more is closed as it comes. Default 10,000. */
  readonly maxConnections?: number
  /** Longest time to receive one request; without it a slow sender holds a connection for ever. */
  readonly requestTimeoutMs: number
  /**
   * Longest time to receive the headers of one request; no longer than the whole, which it is by
   * default.
   */
  readonly headersTimeoutMs?: number
  /** A connection without traffic for this long is closed. */
  readonly connectionTimeoutMs: number
  /**
   * An idle connection is kept for this long: longer than a balancer in front of the service keeps
   * its own.
   */
  readonly keepAliveTimeoutMs: number
  /** A connection older than this (±20 %) is closed with its next answer. */
  readonly connectionMaxAgeMs: number
  /** Addresses and networks whose `X-Forwarded-For` is believed; none by default. */
  readonly trustedProxies?: readonly string[] | undefined
  /**
   * Networks whose callers have their traces continue here, with their sampling; traces of other
   * callers are only linked. None by default.
   */
  readonly tracePeers?: readonly string[] | 'all' | undefined
  /** Default `none`: metrics count requests in any case. */
  readonly requestLog?: RequestLog
  /** Origins of the web pages that may call, `*` for all; none by default. */
  readonly corsOrigins?: readonly string[]
  /** Bodies are read as JSON whatever their content type says. */
  readonly anyContentType?: boolean
}

export interface HttpServer {
  readonly app: FastifyInstance
  /**
   * Asks callers with each answer to connect elsewhere, while the load balancer learns of the end;
   * requests are still served.
   */
  announceClosing(): void
}

/**
 * How often requests that take too long are looked for; Node's own 30 s would let them hold their
 * memory for as long.
 */
const lateEveryMs = 1_000
const defaultMaxConnections = 10_000
const defaultMaxBodyBytes = 32 * 1_048_576

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { registry, logger } = options
  const identify = identifier(options.tracePeers ?? [])
  const app = bareServer(options, identify, (status) => refusedEarly(status))
  app.server.maxConnections = options.maxConnections ?? defaultMaxConnections
  app.server.on('connect', (_request, socket) => answerBare(socket, noTunnel, refusedEarly))
  // Node would answer 417 without a body; an expectation may as well be ignored (RFC 9110, 10.1.1).
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.decorateRequest('correlation')
  app.addHook('onRequest', (request, reply, done) => {
    identify(request, reply)
    done()
  })
  const connections = limitConnectionAge(app, options.connectionMaxAgeMs)
  if (options.tracing) traceRequests(app, options.tracing)
  const refusedEarly = observeRequests(app, registry)
  logRequests(app, logger, options.requestLog ?? 'none')
  const { preflight } = allowOrigins(app, options.corsOrigins ?? [])
  app.addHook('onRequest', (request, _reply, done) => done(withoutHost(request)))
  limitBodyBytes(app, options.maxBodyBytes ?? defaultMaxBodyBytes, registry)
  readJsonBodies(app, options.anyContentType ?? false)
  app.setErrorHandler((error: FastifyError | HttpProblemError, request, reply) =>
    answerError(error, request, reply, logger),
  )
  answerOtherMethods(app, preflight)
  return { app, announceClosing: () => connections.announceClosing() }
}

function bareServer(
  options: HttpServerOptions,
  identify: Identify,
  refusedEarly: (status: number) => void,
): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = options.logger
  return fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    // A logger for each request, with its redaction, would be created for lines that are hardly
    // ever written.
    childLoggerFactory: (logger) => logger,
    bodyLimit: options.bodyLimitBytes,
    requestTimeout: options.requestTimeoutMs,
    connectionTimeout: options.connectionTimeoutMs,
    keepAliveTimeout: options.keepAliveTimeoutMs,
    http: {
      connectionsCheckingInterval: lateEveryMs,
      headersTimeout: Math.min(options.headersTimeoutMs ?? options.requestTimeoutMs, options.requestTimeoutMs),
      // Checked in `withoutHost`, which answers with a problem.
      requireHostHeader: false,
    },
    routerOptions: { ignoreTrailingSlash: true },
    // Requests accepted before closing are served, not refused.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    trustProxy: options.trustedProxies ? [...options.trustedProxies] : false,
    requestIdHeader: false,
    genReqId: () => '',
    // For a path that the router cannot look up: no hook has seen the request.
    frameworkErrors: (error, request, reply) => {
      identify(request, reply)
      refusedEarly(error.statusCode ?? 400)
      void answerError(error, request, reply, options.logger)
    },
    clientErrorHandler: (error, socket) => answerParserError(error, socket, refusedEarly),
  })
}

type Identify = (request: FastifyRequest, reply: FastifyReply) => void

function identifier(peers: readonly string[] | 'all'): Identify {
  const isTrusted = peers === 'all' ? () => true : networkMatcher(peers)
  return (request, reply) => {
    request.correlation = correlationOf(request.headers, isTrusted(request.socket.remoteAddress))
    void reply.header('x-request-id', request.correlation.correlationId)
  }
}

function withoutHost({ raw, headers }: FastifyRequest): HttpProblemError | undefined {
  if (headers.host !== undefined || raw.httpVersion !== '1.1') return undefined
  const problems = [{ path: 'host', found: 'nothing', allowed: 'the host name of the service' }]
  return new HttpProblemError(400, 'Invalid Request', '1 problem in: host', { problems })
}

function answerError(
  error: FastifyError | HttpProblemError,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): FastifyReply {
  const { correlationId } = request.correlation
  const refusal = refusalOf(error, request)
  const body: ProblemBody = refusal
    ? problemBody(refusal, correlationId)
    : { title: 'Internal Error', status: 500, requestId: correlationId }
  if (body.status >= 500) {
    // A refusal without capacity or database comes by the thousand: the metrics count it, the log
    // need not.
    const level = error instanceof HttpProblemError && error.retry ? 'debug' : 'error'
    const cause = error.cause ?? error
    logger[level]({ error: cause, correlationId, route: request.routeOptions.url }, error.message)
  }
  if (refusal) void reply.headers(refusal.headers)
  return reply.code(body.status).type('application/problem+json').send(JSON.stringify(body))
}
