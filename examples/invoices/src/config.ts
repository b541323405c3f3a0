// Which settings does the stage's container receive? The environment contract of
// docs/concepts/architecture.md, and this stage's own settings. The commands need only the latter.
import { z } from 'zod'
import { dayOf } from './calendar.ts'
import { rateFor, ratesOf } from './tax.ts'

const text = z.string().min(1)
const list = text.transform((value) => value.split(','))
function whole(least: number, most: number) {
  return z.coerce.number().int().min(least).max(most)
}
const series = z.string().regex(/^[A-Z0-9]{1,10}$/, 'allowed: 1 to 10 capital letters and digits')

const rates = text.transform((value, context) => {
  try {
    return ratesOf(value)
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message })
    return z.NEVER
  }
})

const books = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Where the day and the year of a document begin. */
  INVOICES_TIME_ZONE: text.default('UTC').refine(isTimeZone, 'allowed: a time zone such as Europe/Berlin'),
})

const stage = books.extend({
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
  /** One topic: that of the documents. */
  KAFKA_EMIT_TOPICS: text.regex(/^[^,]+$/),
  KAFKA_ORDER_KEYED_TOPICS: list.default([]),
  KAFKA_DEAD_LETTER_TOPIC: text,
  STAGE_CONCURRENCY: whole(1, 1_000).default(50),
  STAGE_RETRY_ATTEMPTS: whole(1, 100).default(5),
  STAGE_RETRY_BACKOFF_SECONDS: z.coerce.number().min(0).max(3_600).default(2),
  DATABASE_POOL_SIZE: whole(1, 100).default(2),
  METRICS_PORT: whole(1, 65_535).default(9090),
  /** Percent by country and beginning of the SKU: `DE=19 DE:BOOK-=7 *=0`. */
  INVOICES_TAX_RATES: rates,
  /** The country of customers that have no row in the table `buyers`. */
  INVOICES_COUNTRY: z.string().regex(/^[A-Z]{2}$/, 'allowed: an ISO 3166 code such as DE'),
  /** What the numbers of invoices begin with. */
  INVOICES_SERIES: series.default('INV'),
  /** What those of credit notes begin with; may be the same. */
  INVOICES_CREDIT_SERIES: series.default('CN'),
})

export type Config = Readonly<z.output<typeof stage>>
export type BooksConfig = Readonly<z.output<typeof books>>
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * @throws ConfigError, a line for each wrong variable; values are not shown, since some are
 * secrets
 */
export function invoicesConfig(env: Environment): Config {
  const config = parsed(stage, env)
  if (rateFor(config.INVOICES_TAX_RATES, config.INVOICES_COUNTRY, '') === undefined)
    throw new ConfigError('INVOICES_TAX_RATES: has no rate for all products of INVOICES_COUNTRY; allowed: DE=19, *=0')
  return config
}

/** The settings of `export` and `reconcile`. @throws ConfigError */
export function booksConfig(env: Environment): BooksConfig {
  return parsed(books, env)
}

function parsed<T>(schema: z.ZodType<T>, env: Environment): Readonly<T> {
  const { data, error } = schema.safeParse(env)
  if (error) throw new ConfigError(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'))
  return Object.freeze(data)
}

function isTimeZone(name: string): boolean {
  try {
    return dayOf(new Date(0), name) !== ''
  } catch {
    return false
  }
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
