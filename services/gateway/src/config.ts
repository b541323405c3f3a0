// Which settings does the gateway read from its environment?
import { requestLogs } from '@orderpipeline/http'
import { kafkaVariables } from '@orderpipeline/kafka'
import { ConfigError, databaseVariables, readConfig, tlsVariables, variables } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import { unsubscribeSecretBytes } from '@orderpipeline/notification/preferences'
import { tracingVariables } from '@orderpipeline/telemetry'
import { z } from 'zod'
import { authenticationSettings, authenticationVariables } from './authentication/settings.ts'
import { limitSettings, limitVariables, networks } from './limits/settings.ts'
import { prioritySettings, priorityVariables } from './priorities/settings.ts'
import { queueVariables } from './queues/settings.ts'

function isOrigin(text: string): boolean {
  return text === '*' || (URL.canParse(text) && new URL(text).origin === text)
}

const schema = z.object({
  HTTP_PORT: variables.port().default(8080),
  LISTEN_ADDRESS: variables.listenAddress(),
  METRICS_PORT: variables.port().default(9090),
  ...databaseVariables,
  ...tlsVariables,
  /**
   * For the relay's lock and notifications, which a pooler in transaction mode cannot hold (default
   * DATABASE_URL).
   */
  DATABASE_SESSION_URL: variables.url(['postgres', 'postgresql']).optional(),
  /** The gateway that relays opens one connection more. */
  DATABASE_POOL_SIZE: variables.integer(1, 100).default(2),
  /** A read replica, for lists and for final orders. */
  DATABASE_REPLICA_URL: variables.url(['postgres', 'postgresql']).optional(),
  ...kafkaVariables,
  KAFKA_TOPIC_PREFIX: variables.text().default(''),
  /** Topics that the pipeline has it write to; with `orders.refunds` staff can refund parts. */
  KAFKA_EMIT_TOPICS: variables.list('a comma-separated list of Kafka topics').default([]),
  /** Topics whose messages are keyed by order; all others are keyed by customer. */
  KAFKA_ORDER_KEYED_TOPICS: variables.list().default([]),
  ORDERPIPELINE_PIPELINE: variables.text().default('local'),
  /**
   * Prefix of tracking URLs, if callers reach the gateway under another name; by default they are
   * relative.
   */
  PUBLIC_URL: variables.url(['http', 'https']).optional(),
  /** Signs the links that end marketing mails; the notification stage has the same. */
  UNSUBSCRIBE_SECRET: z
    .string()
    .refine((value) => Buffer.byteLength(value) >= unsubscribeSecretBytes)
    .describe(`a secret of at least ${unsubscribeSecretBytes} bytes`)
    .optional(),
  /**
   * Codes for phone numbers that all customers together may request in an hour, each an SMS at the
   * shop's expense; further ones get 429.
   */
  SMS_CODES_PER_HOUR: variables.integer(1, 1_000_000).default(500),
  ...authenticationVariables,
  ...limitVariables,
  ...queueVariables,
  ...priorityVariables,
  /** Orders waiting for a commit; further requests get 503. */
  INTAKE_MAX_WAITING: variables.integer(1, 100_000).default(2_000),
  INTAKE_MAX_BATCH: variables.integer(1, 1_000).default(500),
  /** A request under the same key within this time gets the first answer again. */
  IDEMPOTENCY_KEEP_HOURS: variables.number(0.001, 8_760).default(24),
  RELAY_BATCH_SIZE: variables.integer(1, 5_000).default(1_000),
  RELAY_TAKE_OVER_SECONDS: variables.number(0.01, 60).default(3),
  RELAY_POLL_SECONDS: variables.number(0.01, 60).default(2),
  /** The interval of polling orders with a waiting caller, all with one query. */
  WATCH_EVERY_SECONDS: variables.number(0.01, 60).default(0.25),
  /**
   * For how long caches between the gateway and its callers may show a product as it was; 0: they
   * ask every time, and get 304 without a body while it has not changed.
   */
  PRODUCTS_MAX_AGE_SECONDS: variables.integer(0, 86_400).default(0),
  /** Longest wait of a synchronous order for its outcome; then it gets the usual answer. */
  SYNC_MAX_WAIT_SECONDS: variables.number(0, 300).default(10),
  /** Synchronous orders waiting at once; further ones are answered without waiting. */
  SYNC_MAX_WAITING: variables.integer(0, 100_000).default(1_000),
  /** Event streams open at once; further requests get 503. */
  EVENTS_MAX_STREAMS: variables.integer(0, 100_000).default(1_000),
  /** Event streams of one customer, where customers are authenticated. */
  EVENTS_MAX_STREAMS_PER_CUSTOMER: variables.integer(1, 100_000).default(20),
  EVENTS_HEARTBEAT_SECONDS: variables.number(0.05, 300).default(15),
  /**
   * A stream ends after this time at the latest; its reader reconnects, perhaps to another replica.
   */
  EVENTS_MAX_AGE_SECONDS: variables.number(1, 86_400).default(300),
  /** The requests that are logged, with their correlation and trace ids. */
  HTTP_REQUEST_LOG: variables.oneOf(requestLogs).default('none'),
  HTTP_BODY_LIMIT_BYTES: variables.integer(1_000, 10_000_000).default(65_536),
  HTTP_REQUEST_TIMEOUT_SECONDS: variables.number(0.1, 300).default(10),
  HTTP_CONNECTION_TIMEOUT_SECONDS: variables.number(0.1, 300).default(30),
  /**
   * Longer than the 60 s of usual balancers: otherwise a balancer sends into a connection that is
   * being closed.
   */
  HTTP_KEEP_ALIVE_SECONDS: variables.number(0.1, 300).default(65),
  /** Longest time for the headers of one request. */
  HTTP_HEADERS_TIMEOUT_SECONDS: variables.number(0.1, 300).default(10),
  /** Connections open at once; a further one is closed at once. */
  HTTP_MAX_CONNECTIONS: variables.integer(1, 100_000).default(5_000),
  /** Bytes of the bodies of all requests being served together; a request beyond it gets 503. */
  HTTP_MAX_BODY_BYTES_IN_FLIGHT: variables.integer(1_000, 1_000_000_000).default(33_554_432),
  /**
   * Origins of web pages that may call from a browser, such as https://shop.example, or * for all;
   * by default none may.
   */
  CORS_ORIGINS: variables
    .list()
    .refine((origins) => origins.every(isOrigin))
    .describe('a comma-separated list of origins such as https://shop.example, or *')
    .default([]),
  HTTP_CONNECTION_MAX_AGE_SECONDS: variables.number(1, 86_400).default(20),
  /** After SIGTERM the gateway still serves for this time, until load balancers have removed it. */
  DRAIN_LINGER_SECONDS: variables.number(0, 60).default(10),
  DRAIN_GRACE_SECONDS: variables.number(1, 600).default(25),
  ...tracingVariables,
  /**
   * Who opens a connection from there decides what is traced: its `traceparent` is the parent. That
   * of others, and of what a proxy only passes on, is linked. Apart from HTTP_TRUSTED_PROXIES,
   * since most proxies pass it on as it comes.
   */
  TRACE_TRUSTED_PEERS: networks().optional(),
  LOG_LEVEL: variables.logLevel().default('info'),
})

export type GatewayConfig = ReturnType<typeof gatewayConfig>

/** What the names of the stages' consumer groups begin with. */
export function groupPrefixOf(config: GatewayConfig): string {
  return config.KAFKA_GROUP_PREFIX ?? `${config.ORDERPIPELINE_NAMESPACE}.${config.ORDERPIPELINE_PIPELINE}.`
}

/** @throws ConfigError, one line for each wrong variable */
export function gatewayConfig(env: Environment) {
  const config = readConfig(schema, env)
  // A connection that is silent for longer is closed, whether or not a request waits on it.
  const limit = config.HTTP_CONNECTION_TIMEOUT_SECONDS
  const silences = ['SYNC_MAX_WAIT_SECONDS', 'EVENTS_HEARTBEAT_SECONDS'] as const
  const problems = silences
    .filter((name) => config[name] >= limit)
    .map((name) => `${name}: found ${config[name]}; allowed: less than HTTP_CONNECTION_TIMEOUT_SECONDS, ${limit}`)
  if (config.DATABASE_POOLER === 'transaction' && config.DATABASE_SESSION_URL === undefined)
    problems.push('DATABASE_SESSION_URL: found nothing; DATABASE_POOLER=transaction needs the URL of the server itself')
  const { PROMISE_SECONDS: promise, PROMISE_REFUSE_SECONDS: refuse } = config
  if (refuse !== undefined && refuse < (promise ?? Infinity))
    problems.push(
      `PROMISE_REFUSE_SECONDS: found ${refuse}; allowed: ${promise === undefined ? 'only with PROMISE_SECONDS' : `at least PROMISE_SECONDS, ${promise}`}`,
    )
  if (problems.length > 0) throw new ConfigError(problems)
  const authentication = authenticationSettings(config)
  const priorities = prioritySettings(config, authentication !== undefined)
  return Object.freeze({ ...config, authentication, limits: limitSettings(config), priorities })
}
