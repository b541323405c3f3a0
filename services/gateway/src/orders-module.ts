// What of the orders service does a gateway run? Its intake, its queries, its cancellation, and the
// relay of its outbox, which one gateway at a time runs.
import { randomUUIDv7 } from 'node:crypto'
import { createProcessorWait, createProducer, fetchSpacing, kafkaAddress } from '@orderpipeline/kafka'
import type { FetchSpacing, KafkaAddress } from '@orderpipeline/kafka'
import { createPool, openSession } from '@orderpipeline/postgres'
import type { Pool, Queryable } from '@orderpipeline/postgres'
import { databaseSettings } from '@orderpipeline/config'
import { observePools, observeQueries } from '@orderpipeline/telemetry'
import type { Closer, Logger } from '@orderpipeline/process'
import type { Registry, Tracing } from '@orderpipeline/telemetry'
import { createIntake, intakeMetrics, relayMetrics, startRelay } from '@orderpipeline/orders/intake'
import type { Intake, Relay } from '@orderpipeline/orders/intake'
import { topicOf } from '@orderpipeline/order-events'
import { requestRefund } from '@orderpipeline/orders/partial-refunds'
import { removeProduct, saveProduct } from '@orderpipeline/orders/catalogue'
import { productBySku, productPage, stockOf, stockPage } from '@orderpipeline/orders/queries'
import type { Redis } from 'ioredis'
import type { Cancel } from './api/cancel-order.ts'
import type { Preferences } from './api/preferences.ts'
import type { Products } from './api/products.ts'
import type { RequestRefund } from './api/refund-order.ts'
import type { StaffOrders } from './api/staff-orders.ts'
import type { Catalogue } from './api/staff-products.ts'
import type { Clock } from './clock.ts'
import { groupPrefixOf } from './config.ts'
import type { GatewayConfig } from './config.ts'
import { createCache } from './order-read-model/cache.ts'
import { cachedOrders } from './order-read-model/order-cache.ts'
import { orderReader } from './order-read-model/order-reader.ts'
import type { OrderReader } from './order-read-model/order-reader.ts'
import { readReplica } from './order-read-model/replica.ts'
import { createProductCache } from './order-read-model/product-cache.ts'
import { customerPreferences } from './customer-preferences.ts'
import { refuseToRelay } from './may-relay.ts'
import { openDecisions } from './order-decisions.ts'
import { tracedPublish } from './relay-trace.ts'

export interface OrdersModule {
  readonly database: Queryable
  readonly replica: Queryable | undefined
  readonly intake: Intake
  readonly orders: OrderReader
  readonly cancel: Cancel
  /** Without it the pipeline has no topic for refunds of parts. */
  readonly refund: RequestRefund | undefined
  readonly products: Products
  readonly catalogue: Catalogue
  readonly staffOrders: StaffOrders
  /** The notification service's, by connections of this pool. */
  readonly preferences: Preferences
  readonly relaying: () => boolean
  /** In the order in which they must be closed. */
  readonly closers: readonly Closer[]
}

/**
 * How the relay looks at its outbox: at 50 orders a second five of them share a look and a
 * publication, and wait for 50 ms on average.
 */
const looks = { leastMs: 20, mostMs: 100, fullRate: 50 }
/** Commits under way at once; a third would only make batches smaller. */
const commitsInFlight = 2

/** By what a gateway is seen from outside. */
export interface Observability {
  readonly registry: Registry
  readonly tracing: Tracing | undefined
  readonly logger: Logger
  /** Called with the variable that is wrong, where only the database shows it. */
  readonly onMisconfigured?: ((problem: string) => void) | undefined
}

export function openOrdersModule(
  config: GatewayConfig,
  clock: Clock,
  observability: Observability,
  redis: Redis | undefined,
): OrdersModule {
  const { registry, logger, onMisconfigured } = observability
  const applicationName = `gateway ${config.ORDERPIPELINE_PIPELINE}`
  const onQuery = observeQueries(registry)
  const { database, replica } = openPools(config, { applicationName, onQuery, logger, onMisconfigured })
  observePools({ primary: database, ...(replica ? { replica } : {}) }, registry)
  const { keyedByOrder, refunds } = topicsOf(config)
  const intake = openIntake(config, { database, registry, keyedByOrder, now: clock.now })
  const near = replica && readReplica(replica, clock.monotonicMs)
  const cache = createCache(redis, clock.monotonicMs)
  const products = createProductCache({
    cache,
    pipeline: config.ORDERPIPELINE_PIPELINE,
    // From the primary: a cached product must not be older than the change that deleted it.
    read: (sku) => productBySku(database, sku),
    registry,
  })
  const uncachedOrders = orderReader(database, near, refunds)
  const caching = { cache, pipeline: config.ORDERPIPELINE_PIPELINE, paidOrdersChange: refunds, registry }
  const orders = redis ? cachedOrders(uncachedOrders, caching) : uncachedOrders
  const decisions = openDecisions({ database, orders, keyedByOrder, registry, logger, now: clock.now })
  const address = kafkaAddress(config, applicationName)
  const producer = createProducer(address, logger)
  const relay = openRelay(
    config,
    { database, producer, address, applicationName, onQuery },
    observability,
    redis && products.forget,
  )
  return {
    database,
    replica,
    intake,
    orders,
    cancel: decisions.cancel,
    refund: refunds ? refundOf(database, keyedByOrder, clock) : undefined,
    products: productsOf(database, near, products.bySku),
    catalogue: catalogueOf(database),
    staffOrders: decisions.staffOrders,
    preferences: customerPreferences(database, { codesPerHour: config.SMS_CODES_PER_HOUR, registry }),
    relaying: () => relay.leading,
    closers: [
      { name: 'intake', close: () => intake.close() },
      { name: 'looks of the staff', close: () => decisions.close() },
      { name: 'relay', close: () => relay.close() },
      { name: 'kafka producer', close: () => producer.close() },
      { name: 'replica', close: () => replica?.close() },
      { name: 'database', close: () => database.close() },
    ],
  }
}

/** Which topics are keyed by order, and whether there is one for refunds of parts? */
function topicsOf({
  KAFKA_TOPIC_PREFIX: prefix,
  KAFKA_ORDER_KEYED_TOPICS: keyed,
  KAFKA_EMIT_TOPICS: emitted,
}: GatewayConfig) {
  return {
    keyedByOrder: (topic: string) => keyed.includes(prefix + topic),
    refunds: emitted.includes(prefix + topicOf('PartialRefundRequested')),
  }
}

interface IntakeParts {
  readonly database: Pool
  readonly registry: Registry
  readonly keyedByOrder: (topic: string) => boolean
  readonly now: () => Date
}

function openIntake(config: GatewayConfig, { registry, ...parts }: IntakeParts): Intake {
  return createIntake({
    ...parts,
    metrics: intakeMetrics(registry),
    newId: randomUUIDv7,
    maxBatch: config.INTAKE_MAX_BATCH,
    maxInFlight: Math.min(commitsInFlight, config.DATABASE_POOL_SIZE),
    maxWaiting: config.INTAKE_MAX_WAITING,
  })
}

function refundOf(database: Pool, keyedByOrder: (topic: string) => boolean, clock: Clock): RequestRefund {
  return (orderId, request, context) =>
    requestRefund(database, {
      ...{ orderId, request, keyedByOrder, newId: randomUUIDv7 },
      context: { ...context, now: clock.now() },
    })
}

function productsOf(
  database: Queryable,
  near: ReturnType<typeof readReplica> | undefined,
  bySku: Products['bySku'],
): Products {
  return {
    bySku,
    fresh: (sku) => productBySku(database, sku),
    page: async (after, limit) =>
      (await near?.ask((from) => productPage(from, after, limit))) ?? productPage(database, after, limit),
  }
}

function catalogueOf(database: Pool): Catalogue {
  return {
    save: (sku, data) => saveProduct(database, sku, data),
    remove: (sku) => removeProduct(database, sku),
    stock: (selection) => stockPage(database, selection),
    stockOf: (skus) => stockOf(database, skus),
  }
}

interface RelayParts {
  readonly database: Queryable
  readonly producer: ReturnType<typeof createProducer>
  readonly address: KafkaAddress
  readonly applicationName: string
  readonly onQuery: ReturnType<typeof observeQueries>
}

function openRelay(
  config: GatewayConfig,
  { database, producer, address, applicationName, onQuery }: RelayParts,
  { registry, tracing, logger }: Observability,
  onProductChanged: ((sku: string) => void) | undefined,
): Relay {
  const readers = { groupId: `${groupPrefixOf(config)}orders`, topics: [`${config.KAFKA_TOPIC_PREFIX}orders.placed`] }
  return startRelay({
    database,
    mayRelay: () => refuseToRelay(database, { address, ...readers }, logger),
    openSession: (onNotification) =>
      openSession({
        ...databaseSettings(config, config.DATABASE_SESSION_URL),
        ...{ role: 'orders', applicationName: `${applicationName} relay`, onNotification, onQuery },
      }),
    publish: tracedPublish(tracing, (messages) =>
      producer.send(messages.map((message) => ({ ...message, topic: config.KAFKA_TOPIC_PREFIX + message.topic }))),
    ),
    ...(onProductChanged ? { onProductChanged } : {}),
    metrics: relayMetrics(registry),
    logger,
    batchSize: config.RELAY_BATCH_SIZE,
    spacing: spacingOfLooks(),
    takeOverMs: config.RELAY_TAKE_OVER_SECONDS * 1_000,
    pollMs: config.RELAY_POLL_SECONDS * 1_000,
    keepKeysHours: config.IDEMPOTENCY_KEEP_HOURS,
  })
}

function spacingOfLooks(): FetchSpacing {
  const now = (): number => performance.now()
  return fetchSpacing(looks, now, createProcessorWait(now))
}

interface PoolParts {
  readonly applicationName: string
  readonly onQuery: ReturnType<typeof observeQueries>
  readonly logger: Logger
  readonly onMisconfigured: Observability['onMisconfigured']
}

/** Connections to the primary, and to a read replica where there is one. */
function openPools(config: GatewayConfig, { applicationName, onQuery, logger, onMisconfigured }: PoolParts) {
  const pool = (url: string, name: string, readOnly: boolean) =>
    createPool({
      ...databaseSettings(config, url),
      readOnly,
      role: 'orders',
      size: config.DATABASE_POOL_SIZE,
      applicationName: name,
      connectTimeoutMs: 3_000,
      statementTimeoutMs: 5_000,
      onIdleError: (error) => logger.warn({ error }, 'a database connection was lost'),
      // Without its replica a gateway still serves.
      onUndeclaredPooler: readOnly
        ? (problem) => logger.error({ problem }, 'the replica is of no use')
        : onMisconfigured,
      onQuery,
    })
  const { DATABASE_URL: primary, DATABASE_REPLICA_URL: replica } = config
  return {
    database: pool(primary, applicationName, false),
    replica: replica === undefined ? undefined : pool(replica, `${applicationName} reads`, true),
  }
}
