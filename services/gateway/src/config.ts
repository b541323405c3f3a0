// What is the gateway told?
import { kafkaVariables } from '@orderpipeline/kit-kafka'
import { readConfig, tracingVariables, variables } from '@orderpipeline/kit-telemetry'
import { z } from 'zod'

const schema = z.object({
  HTTP_PORT: variables.port().default(8080),
  METRICS_PORT: variables.port().default(9090),
  DATABASE_URL: variables.url(['postgres', 'postgresql']),
  /** One connection more is opened by the one gateway that relays. */
  DATABASE_POOL_SIZE: variables.integer(1, 100).default(2),
  ...kafkaVariables,
  KAFKA_TOPIC_PREFIX: variables.text().default(''),
  /** Topics whose messages are keyed by order; all others by customer. */
  KAFKA_ORDER_KEYED_TOPICS: variables.list().default([]),
  ORDERPIPELINE_PIPELINE: variables.text().default('local'),
  /**
   * Prefix of tracking URLs where callers reach the gateway under a name of its own; relative to the gateway unless
   * given.
   */
  PUBLIC_URL: variables.url(['http', 'https']).optional(),
  /** Orders waiting for a commit; more are answered 503. */
  INTAKE_MAX_WAITING: variables.integer(1, 100_000).default(2_000),
  INTAKE_MAX_BATCH: variables.integer(1, 1_000).default(500),
  RELAY_BATCH_SIZE: variables.integer(1, 5_000).default(1_000),
  RELAY_TAKE_OVER_SECONDS: variables.number(0.01, 60).default(3),
  RELAY_POLL_SECONDS: variables.number(0.01, 60).default(2),
  HTTP_BODY_LIMIT_BYTES: variables.integer(1_000, 10_000_000).default(65_536),
  HTTP_REQUEST_TIMEOUT_SECONDS: variables.number(0.1, 300).default(10),
  HTTP_CONNECTION_TIMEOUT_SECONDS: variables.number(0.1, 300).default(30),
  HTTP_KEEP_ALIVE_SECONDS: variables.number(0.1, 300).default(15),
  HTTP_CONNECTION_MAX_AGE_SECONDS: variables.number(1, 86_400).default(20),
  /** After SIGTERM: still serving while the load balancer learns that this replica is leaving. */
  DRAIN_LINGER_SECONDS: variables.number(0, 60).default(3),
  DRAIN_GRACE_SECONDS: variables.number(1, 600).default(25),
  ...tracingVariables,
  LOG_LEVEL: variables.logLevel().default('info'),
})

export type Config = ReturnType<typeof configOf>

export function configOf(env: Readonly<Record<string, string | undefined>>) {
  return readConfig(schema, env)
}
