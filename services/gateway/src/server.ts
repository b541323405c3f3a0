// What does a running gateway consist of? The HTTP side, what it runs of the orders service, and
// what it knows of who waits and of what is waiting; started and closed as one.
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRegistry, startMetricsServer, startTracing } from '@orderpipeline/telemetry'
import type { Closer, Logger } from '@orderpipeline/process'
import { buildApp } from './app.ts'
import { createVerifiers } from './authentication/verifier.ts'
import type { Clock } from './clock.ts'
import type { GatewayConfig } from './config.ts'
import { createDependencies } from './dependencies.ts'
import type { Dependency } from './dependencies.ts'
import { createLimits } from './limits/create-limits.ts'
import { createRedis } from './redis.ts'
import { startEstimator } from './estimates/estimator.ts'
import { openOrdersModule } from './orders-module.ts'
import type { Observability, OrdersModule } from './orders-module.ts'
import { openQueues } from './queues/open-queues.ts'
import type { Queues } from './queues/open-queues.ts'
import { startReadiness } from './readiness.ts'
import { dependencyCheck } from './sql/checks.ts'
import { createOrderSubscriptions } from './order-subscriptions/create-order-subscriptions.ts'

export interface Gateway {
  readonly url: string
  readonly metricsUrl: string
  /** Whether this gateway is the one that relays. */
  readonly relaying: () => boolean
  /** In the order in which they must be closed. */
  readonly closers: readonly Closer[]
}

/** `onMisconfigured`: called with a variable that is wrong, where only the database shows it. */
export async function startGateway(
  config: GatewayConfig,
  logger: Logger,
  onMisconfigured?: (problem: string) => void,
): Promise<Gateway> {
  const registry = createRegistry()
  const clock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() }
  const tracing = await startTracing(config, { service: 'gateway', pipeline: config.ORDERPIPELINE_PIPELINE }, logger)
  const observability = { registry, tracing, logger }
  const { authentication, limits } = config
  if (!authentication) logger.warn('AUTH=none: the gateway accepts the customer that a caller names')
  const redis = redisOf(config, logger)
  const ordersSide = openOrdersModule(config, clock, { ...observability, onMisconfigured }, redis)
  const { database, intake, orders, cancel, refund, products, catalogue, staffOrders, relaying, closers } = ordersSide
  const verifiers = authentication && createVerifiers(authentication, clock, logger, config.priorities?.claim)
  const waiting = createOrderSubscriptions(config, orders, registry, logger)
  const queues = openQueues(config, database, clock, registry, logger)
  const dependencies = dependencyChecks(config, clock, dependenciesOf(ordersSide, queues, redis))
  const estimates = estimatorOf(config, { queues, orders, clock, registry, logger })
  const http = buildApp({
    ...observability,
    ...{ intake, orders, cancel, refund, products, catalogue, staffOrders, dependencies, estimates },
    ...{ preferences: ordersSide.preferences, unsubscribeSecret: config.UNSUBSCRIBE_SECRET },
    ...{ outcomes: waiting.outcomes, streams: waiting.streams, queues: queues.queues },
    queuesMaxAgeSeconds: config.QUEUES_MAX_AGE_SECONDS,
    ...(queues.admission ? { admission: queues.admission } : {}),
    priorities: config.priorities,
    ...(verifiers ? { verify: verifiers.customer, verifyStaff: verifiers.staff } : {}),
    ...(limits ? { limits: createLimits(limits, config.ORDERPIPELINE_PIPELINE, redis, registry) } : {}),
    ...httpSettings(config),
  })
  const readiness = startReadiness(database)
  const host = config.LISTEN_ADDRESS
  const metrics = await startMetricsServer({ port: config.METRICS_PORT, host, registry, ready: readiness.check })
  await http.app.listen({ port: config.HTTP_PORT, host })
  const { port } = http.app.server.address() as AddressInfo
  const linger = async (): Promise<void> => {
    readiness.leave()
    http.announceClosing()
    await sleep(config.DRAIN_LINGER_SECONDS * 1_000)
  }
  return {
    url: `http://127.0.0.1:${port}`,
    metricsUrl: `http://127.0.0.1:${metrics.port}`,
    relaying,
    closers: [
      { name: 'linger', close: linger },
      // Waiting callers are answered now, with the last known state: their requests would delay the
      // end of the HTTP side.
      { name: 'waiting', close: () => waiting.close() },
      { name: 'http', close: () => http.app.close() },
      { name: 'estimates', close: () => estimates?.close() },
      { name: 'queues', close: () => queues.close() },
      ...closers,
      { name: 'redis', close: () => redis?.disconnect() },
      { name: 'traces', close: () => tracing?.close() },
      { name: 'metrics', close: () => metrics.close() },
    ],
  }
}

const dependencyTimeoutMs = 2_000

function redisOf({ REDIS_URL: url, REDIS_TIMEOUT_SECONDS: seconds }: GatewayConfig, logger: Logger) {
  return url === undefined ? undefined : createRedis({ url, timeoutMs: seconds * 1_000, logger })
}

/** None where it is switched off. */
function estimatorOf(
  config: GatewayConfig,
  {
    queues,
    orders,
    clock,
    registry,
    logger,
  }: Pick<OrdersModule, 'orders'> & Pick<Observability, 'registry' | 'logger'> & { queues: Queues; clock: Clock },
) {
  if (config.ESTIMATE_EVERY_SECONDS === 0) return undefined
  return startEstimator({
    queues: queues.queues,
    progress: (ids) => orders.progress(ids, undefined),
    everyMs: config.ESTIMATE_EVERY_SECONDS * 1_000,
    ...clock,
    registry,
    logger,
  })
}

function httpSettings(config: GatewayConfig) {
  return {
    requestLog: config.HTTP_REQUEST_LOG,
    trustedProxies: config.HTTP_TRUSTED_PROXIES,
    tracePeers: config.TRACE_TRUSTED_PEERS,
    maxWaitMs: config.SYNC_MAX_WAIT_SECONDS * 1_000,
    productsMaxAgeSeconds: config.PRODUCTS_MAX_AGE_SECONDS,
    publicUrl: config.PUBLIC_URL?.replace(/\/$/, '') ?? '',
    bodyLimitBytes: config.HTTP_BODY_LIMIT_BYTES,
    requestTimeoutMs: config.HTTP_REQUEST_TIMEOUT_SECONDS * 1_000,
    connectionTimeoutMs: config.HTTP_CONNECTION_TIMEOUT_SECONDS * 1_000,
    headersTimeoutMs: config.HTTP_HEADERS_TIMEOUT_SECONDS * 1_000,
    maxConnections: config.HTTP_MAX_CONNECTIONS,
    maxBodyBytes: config.HTTP_MAX_BODY_BYTES_IN_FLIGHT,
    corsOrigins: config.CORS_ORIGINS,
    keepAliveTimeoutMs: config.HTTP_KEEP_ALIVE_SECONDS * 1_000,
    connectionMaxAgeMs: config.HTTP_CONNECTION_MAX_AGE_SECONDS * 1_000,
  }
}

function dependencyChecks(config: GatewayConfig, { monotonicMs }: Clock, dependencies: readonly Dependency[]) {
  const freshMs = config.QUEUES_CACHE_SECONDS * 1_000
  return createDependencies({ dependencies, timeoutMs: dependencyTimeoutMs, freshMs, monotonicMs })
}

function dependenciesOf(
  { database, replica }: OrdersModule,
  queues: Queues,
  redis: ReturnType<typeof createRedis> | undefined,
): Dependency[] {
  return [
    { name: 'database', required: true, ask: () => database.query(dependencyCheck) },
    { name: 'kafka', required: false, ask: () => queues.askKafka() },
    ...(redis ? [{ name: 'redis', required: false, ask: () => redis.ping() } as const] : []),
    ...(replica ? [{ name: 'replica', required: false, ask: () => replica.query(dependencyCheck) } as const] : []),
  ]
}
