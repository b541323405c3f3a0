// What does a running gateway consist of? The HTTP side, the orders' intake, and the relay that one gateway at a time
// runs; started and closed as one.
import { randomUUIDv7 } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createProducer, kafkaAddress } from '@orderpipeline/kit-kafka'
import { createPool, openSession } from '@orderpipeline/kit-postgres'
import {
  createRegistry,
  observePool,
  observeQueries,
  startMetricsServer,
  startTracing,
  type Closer,
  type Logger,
} from '@orderpipeline/kit-telemetry'
import { createIntake, intakeMetrics, relayMetrics, startRelay } from '@orderpipeline/orders/intake'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import { tracedPublish } from './relay-trace.ts'

export interface Gateway {
  readonly url: string
  readonly metricsUrl: string
  /** Whether this gateway is the one that relays. */
  readonly relaying: () => boolean
  /** In the order in which they must be closed. */
  readonly closers: readonly Closer[]
}

/** Commits under way at once; a third would only make batches smaller. */
const commitsInFlight = 2

export async function startGateway(config: Config, logger: Logger): Promise<Gateway> {
  const registry = createRegistry()
  const tracing = await startTracing(config, { service: 'gateway', pipeline: config.ORDERPIPELINE_PIPELINE }, logger)
  const url = config.DATABASE_URL
  const applicationName = `gateway ${config.ORDERPIPELINE_PIPELINE}`
  const database = createPool({
    url,
    role: 'orders',
    size: config.DATABASE_POOL_SIZE,
    applicationName,
    connectTimeoutMs: 3_000,
    statementTimeoutMs: 5_000,
    onIdleError: (error) => logger.warn({ error }, 'a database connection was lost'),
    onQuery: observeQueries(registry),
  })
  observePool(database, registry)
  const intake = createIntake({
    database,
    metrics: intakeMetrics(registry),
    now: () => new Date(),
    newId: randomUUIDv7,
    keyedByOrder: (topic) => config.KAFKA_ORDER_KEYED_TOPICS.includes(config.KAFKA_TOPIC_PREFIX + topic),
    maxBatch: config.INTAKE_MAX_BATCH,
    maxInFlight: Math.min(commitsInFlight, config.DATABASE_POOL_SIZE),
    maxWaiting: config.INTAKE_MAX_WAITING,
  })
  const producer = createProducer(kafkaAddress(config, applicationName), logger)
  const relay = startRelay({
    database,
    openSession: (onNotification) =>
      openSession({ url, role: 'orders', applicationName: `${applicationName} relay`, onNotification }),
    publish: tracedPublish(tracing, (messages) =>
      producer.send(messages.map((message) => ({ ...message, topic: config.KAFKA_TOPIC_PREFIX + message.topic }))),
    ),
    metrics: relayMetrics(registry),
    logger,
    batchSize: config.RELAY_BATCH_SIZE,
    takeOverMs: config.RELAY_TAKE_OVER_SECONDS * 1_000,
    pollMs: config.RELAY_POLL_SECONDS * 1_000,
  })
  const http = buildApp({
    logger,
    registry,
    tracing,
    intake,
    database,
    publicUrl: config.PUBLIC_URL?.replace(/\/$/, '') ?? '',
    bodyLimitBytes: config.HTTP_BODY_LIMIT_BYTES,
    requestTimeoutMs: config.HTTP_REQUEST_TIMEOUT_SECONDS * 1_000,
    connectionTimeoutMs: config.HTTP_CONNECTION_TIMEOUT_SECONDS * 1_000,
    keepAliveTimeoutMs: config.HTTP_KEEP_ALIVE_SECONDS * 1_000,
    connectionMaxAgeMs: config.HTTP_CONNECTION_MAX_AGE_SECONDS * 1_000,
  })

  let readiness: true | string = 'the database has not answered yet'
  const leaving = new AbortController()
  /**
   * Once ready, always ready: with the database away, a gateway that says 503 and when to come again beats none at
   * all.
   */
  const untilReady = async (): Promise<void> => {
    while (!leaving.signal.aborted) {
      try {
        await database.query({ name: 'gateway_ready', text: 'SELECT FROM orders LIMIT 1' })
        readiness = true
        return
      } catch (error) {
        readiness = `the database does not answer: ${error instanceof Error ? error.message : String(error)}`
        await sleep(500, undefined, { signal: leaving.signal }).catch(() => undefined)
      }
    }
  }
  void untilReady()
  const metrics = await startMetricsServer({
    port: config.METRICS_PORT,
    registry,
    ready: () => (leaving.signal.aborted ? 'draining' : readiness),
  })
  await http.app.listen({ port: config.HTTP_PORT, host: '0.0.0.0' })
  const { port } = http.app.server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    metricsUrl: `http://127.0.0.1:${metrics.port}`,
    relaying: () => relay.leading,
    closers: [
      {
        name: 'linger',
        close: async () => {
          leaving.abort()
          http.announceClosing()
          await sleep(config.DRAIN_LINGER_SECONDS * 1_000)
        },
      },
      { name: 'http', close: () => http.app.close() },
      { name: 'intake', close: () => intake.close() },
      { name: 'relay', close: () => relay.close() },
      { name: 'kafka producer', close: () => producer.close() },
      { name: 'database', close: () => database.close() },
      { name: 'traces', close: () => tracing?.close() },
      { name: 'metrics', close: () => metrics.close() },
    ],
  }
}
