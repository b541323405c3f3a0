// Which settings does the stage's container receive? The environment contract of
// docs/concepts/architecture.md, and this stage's own figures.
import { z } from 'zod'

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
  KAFKA_TOPIC_PREFIX: z.string().default(''),
  KAFKA_CONSUME_TOPICS: list,
  KAFKA_EMIT_TOPICS: list,
  KAFKA_DEAD_LETTER_TOPIC: text,
  STAGE_CONCURRENCY: whole(1, 1_000).default(100),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  DATABASE_POOL_SIZE: whole(2, 100).default(2),
  METRICS_PORT: whole(1, 65_535).default(9090),
  /** Where the storefront reports and asks. */
  CARTS_PORT: whole(1, 65_535).default(8081),
  /**
   * The storefront's servers send it as bearer token; customers' browsers do not call this stage.
   */
  CARTS_TOKEN: z.string().min(32),
  /** A cart that was not changed for this long is abandoned. */
  CARTS_LEFT_SECONDS: z.coerce.number().min(0.05).max(604_800).default(14_400),
  /** Older carts are not reported any more: a stage that was down must not remind of last month. */
  CARTS_LEFT_MAX_SECONDS: z.coerce.number().min(1).max(2_592_000).default(259_200),
  /** Between two checks for abandoned and closed carts. */
  CARTS_LOOK_SECONDS: z.coerce.number().min(0.05).max(3_600).default(5),
  /** How long views, recommendations and closed carts are kept. */
  CARTS_KEEP_DAYS: whole(1, 3_650).default(90),
})

export type Config = Readonly<z.output<typeof schema>> & { readonly browsing: string; readonly abandoned: string }
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * @throws ConfigError, a line for each wrong variable; values are not shown, since some are
 * secrets
 */
export function cartsConfig(env: Environment): Config {
  const { data, error } = schema.safeParse(env)
  if (error) throw new ConfigError(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'))
  const [browsing, abandoned] = ['shop.browsing', 'carts.abandoned'].map((name) => data.KAFKA_TOPIC_PREFIX + name)
  for (const topic of [browsing, abandoned])
    if (topic === undefined || !data.KAFKA_EMIT_TOPICS.includes(topic))
      throw new ConfigError(`KAFKA_EMIT_TOPICS: found no ${topic}; allowed: both topics of stage.yaml`)
  return Object.freeze({ ...data, browsing: browsing ?? '', abandoned: abandoned ?? '' })
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
