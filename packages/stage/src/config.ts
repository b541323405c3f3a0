// What is the environment of a stage's container? The contract between the operator and every
// built-in stage.
import { kafkaVariables } from '@orderpipeline/kafka'
import { databaseVariables, readConfig, tlsVariables, variables } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import { tracingVariables } from '@orderpipeline/telemetry'
import { z } from 'zod'
import { priorityWeights } from './lanes.ts'

/** A stage adds its own variables to these. */
export const stageVariables = {
  ORDERPIPELINE_NAMESPACE: variables.text().default('default'),
  ORDERPIPELINE_PIPELINE: variables.text(),
  ORDERPIPELINE_STAGE: variables.text(),
  ...kafkaVariables,
  KAFKA_GROUP_ID: variables.text(),
  /**
   * How long a rebalance waits for a replica that has died. A replica that is alive and takes
   * longer to answer is left out and joins again; it hears of a rebalance within three seconds.
   */
  KAFKA_REBALANCE_TIMEOUT_SECONDS: variables.integer(5, 300).default(15),
  /** Joins the group although its offsets belong to another database. */
  KAFKA_TAKE_OVER_GROUP: variables.flag().optional(),
  KAFKA_TOPIC_PREFIX: z.string().default(''),
  KAFKA_CONSUME_TOPICS: variables.list('a comma-separated list of Kafka topics'),
  /** Topics that the pipeline has it write to; events that a shop need not have go only there. */
  KAFKA_EMIT_TOPICS: variables.list('a comma-separated list of Kafka topics').default([]),
  /** Topics that it writes with messages keyed by order; all others are keyed by customer. */
  KAFKA_ORDER_KEYED_TOPICS: variables.list().default([]),
  KAFKA_DEAD_LETTER_TOPIC: variables.text(),
  STAGE_CONCURRENCY: variables.integer(1, 1_000).default(10),
  /**
   * The weights of the classes high, standard and low among the messages that wait for a slot; by
   * default what came first is first.
   */
  STAGE_PRIORITY_WEIGHTS: priorityWeights().optional(),
  STAGE_RETRY_ATTEMPTS: variables.integer(1, 100).default(5),
  STAGE_RETRY_BACKOFF_SECONDS: variables.number(0, 3_600).default(2),
  /** From SIGTERM to exit; shorter than the pod's termination grace, which ends in SIGKILL. */
  DRAIN_GRACE_SECONDS: variables.integer(5, 3_600).default(25),
  ...databaseVariables,
  ...tlsVariables,
  /**
   * Days after which rows of an order are deleted; longer than messages about the order may arrive.
   * Each stage has its own default.
   */
  STAGE_RETENTION_DAYS: variables.integer(30, 36_500).optional(),
  DATABASE_POOL_SIZE: variables.integer(1, 100).default(2),
  ...tracingVariables,
  METRICS_PORT: variables.port().default(9090),
  LISTEN_ADDRESS: variables.listenAddress(),
  LOG_LEVEL: variables.logLevel().default('info'),
}

const schema = z.object(stageVariables)

export type StageConfig = z.output<typeof schema>
/** @throws ConfigError, one line for each wrong variable */
export function stageConfig(env: Environment): StageConfig {
  return readConfig(schema, env)
}
