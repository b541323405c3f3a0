// Which settings does the stage's container receive? The environment contract of
// docs/concepts/architecture.md, and this stage's own figures.
import { z } from 'zod'

/** As a pipeline names them, behind its prefix. */
const holdsTopic = 'orders.holds'
const clearedTopic = 'payment.cleared'

const text = z.string().min(1)
const list = text.transform((value) => value.split(','))
function whole(least: number, most: number) {
  return z.coerce.number().int().min(least).max(most)
}

const schema = z.object({
  ORDERPIPELINE_PIPELINE: text,
  ORDERPIPELINE_STAGE: text,
  KAFKA_BOOTSTRAP_SERVERS: list,
  KAFKA_SECURITY_PROTOCOL: z.enum(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']).default('PLAINTEXT'),
  /** PEM; the public authorities are trusted without it. */
  KAFKA_TLS_CA: text.optional(),
  /** PEM; for a broker that asks for a client certificate. */
  KAFKA_TLS_CERTIFICATE: text.optional(),
  KAFKA_TLS_KEY: text.optional(),
  KAFKA_SASL_MECHANISM: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).optional(),
  KAFKA_SASL_USERNAME: text.optional(),
  KAFKA_SASL_PASSWORD: text.optional(),
  KAFKA_GROUP_ID: text,
  KAFKA_CONSUME_TOPICS: list,
  /**
   * One topic: that of the suspicions. Or two: the stage holds suspected orders back, and passes
   * all other reservations on to the payment.
   */
  KAFKA_EMIT_TOPICS: list.refine(
    (topics) => topics.length === 1 || (topics.length === 2 && topicsOfHolds(topics) !== undefined),
    `one topic, or two that end with ${holdsTopic} and ${clearedTopic}`,
  ),
  KAFKA_ORDER_KEYED_TOPICS: list.default([]),
  KAFKA_DEAD_LETTER_TOPIC: text,
  STAGE_CONCURRENCY: whole(1, 1_000).default(10),
  STAGE_RETRY_ATTEMPTS: whole(1, 100).default(5),
  STAGE_RETRY_BACKOFF_SECONDS: z.coerce.number().min(0).max(3_600).default(2),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  DATABASE_POOL_SIZE: whole(1, 100).default(2),
  METRICS_PORT: whole(1, 65_535).default(9090),
  FRAUD_WINDOW_MINUTES: whole(1, 1_440).default(60),
  /** A larger order is suspected, in minor units of its currency. */
  FRAUD_MAX_TOTAL_CENTS: whole(1, 1e12).default(500_000),
  /** More orders than this by one customer in the window are suspected. */
  FRAUD_MAX_ORDERS: whole(1, 10_000).default(10),
  FRAUD_MAX_DECLINES: whole(1, 10_000).default(3),
})

export interface TopicsOfHolds {
  /** For requests to hold an order. */
  readonly holds: string
  /** For reservations that the payment may charge. */
  readonly cleared: string
}

/** `undefined`: the stage only says what it suspects. */
export function topicsOfHolds(emitted: readonly string[]): TopicsOfHolds | undefined {
  const holds = emitted.find((topic) => topic.endsWith(holdsTopic))
  const cleared = emitted.find((topic) => topic.endsWith(clearedTopic))
  return holds === undefined || cleared === undefined ? undefined : { holds, cleared }
}

export type Config = Readonly<z.output<typeof schema>>
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * @throws ConfigError, a line for each wrong variable; values are not shown, since some are
 * secrets
 */
export function fraudCheckConfig(env: Environment): Config {
  const { data, error } = schema.safeParse(env)
  if (error) throw new ConfigError(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'))
  return Object.freeze(data)
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
