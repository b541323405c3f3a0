// What is the payment stage given besides what every stage is?
import { ConfigError, readConfig, variables } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import { topicOf } from '@orderpipeline/order-events'
import type { ProcessContext } from '@orderpipeline/stage'
import { z } from 'zod'
import type { GuardOptions } from './guard/guard.ts'

const stripeUrl = 'https://api.stripe.com'
/** Stripe takes seconds, and a call that is given up has to be asked about. */
const stripeTimeoutMs = 20_000
/**
 * Stripe allows an account a hundred calls a second unless agreed otherwise; the rest is for other
 * callers.
 */
const stripeStageRate = 80
/** The intents that the stage notes, which replace Stripe's keys, are kept for 31 days. */
const stripeMaxKeyHours = 30 * 24

const schema = z.object({
  /**
   * simulator: the HTTP API of services/payment-provider. stripe: PaymentIntents of Stripe's API.
   */
  PAYMENT_PROVIDER: variables.oneOf(['simulator', 'stripe']).default('simulator'),
  /** The URL of the provider, which may have a path. */
  PAYMENT_PROVIDER_URL: variables.url(['http', 'https']).optional(),
  /**
   * From a Secret; sent as a bearer token. With stripe the account's secret key, or a restricted
   * one.
   */
  PAYMENT_PROVIDER_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{1,4096}$/)
    .describe('1 to 4096 visible ASCII characters without spaces')
    .optional(),
  /**
   * How long the provider remembers an idempotency key, at least. For an older order the stage
   * first looks for a charge. With stripe at most 720 count.
   */
  PAYMENT_PROVIDER_KEY_HOURS: variables.number(0.01, 87_600).default(24),
  /**
   * The provider's usual time for a call; a shorter time-out is refused, because it would repeat
   * calls in progress.
   */
  PAYMENT_EXPECTED_MS: variables.integer(0, 600_000).default(0),
  /**
   * The time-out of one call, which is then repeated under its idempotency key. The default is a
   * second, or twice PAYMENT_EXPECTED_MS if that is longer.
   */
  PAYMENT_TIMEOUT_MS: variables.integer(1, 600_000).optional(),
  /** HTTP calls of all replicas together. */
  PAYMENT_STAGE_RATE_PER_SECOND: variables.number(0.1, 100_000).optional(),
  /**
   * Secrets of Stripe's webhook, comma-separated during a change. Without a secret nothing listens.
   */
  PAYMENT_WEBHOOK_SECRET: variables.list('a comma-separated list of secrets').optional(),
  PAYMENT_WEBHOOK_PORT: variables.port().default(8081),
  LISTEN_ADDRESS: variables.listenAddress(),
  /**
   * The age at which payments are compared with the provider's list, and again after a week; 0:
   * never.
   */
  PAYMENT_RECONCILE_AFTER_SECONDS: variables.integer(0, 7 * 86_400).default(3_600),
  /** Calls a second of this replica; a tenth of it after its start and after an outage. */
  PAYMENT_RATE_PER_SECOND: variables.number(0.1, 100_000).default(100),
  PAYMENT_RETRY_ATTEMPTS: variables.integer(1, 20).default(3),
  PAYMENT_RETRY_BACKOFF_MS: variables.integer(1, 60_000).default(1_000),
  PAYMENT_BREAKER_WINDOW: variables.integer(1, 10_000).default(10),
  PAYMENT_BREAKER_MIN_CALLS: variables.integer(1, 10_000).default(5),
  PAYMENT_BREAKER_FAILURE_PERCENT: variables.number(1, 100).default(50),
  PAYMENT_BREAKER_OPEN_SECONDS: variables.number(0.1, 3_600).default(30),
})

export interface ProviderOptions {
  readonly url: string
  readonly token?: string | undefined
  readonly timeoutMs: number
  readonly keyHours: number
  readonly guard: GuardOptions
  readonly kind: 'simulator' | 'stripe'
  /** HTTP calls a second of all replicas together; no bound unless given. */
  readonly stageRate?: number | undefined
  readonly webhook?: { readonly port: number; readonly host: string; readonly secrets: readonly string[] } | undefined
  /** Seconds; 0 for never. */
  readonly reconcileAfterSeconds: number
}

/** @throws ConfigError */
export function paymentConfig(env: Environment): ProviderOptions {
  const config = readConfig(schema, env)
  const expectedMs = config.PAYMENT_EXPECTED_MS
  const stripe = config.PAYMENT_PROVIDER === 'stripe'
  const timeoutMs = config.PAYMENT_TIMEOUT_MS ?? Math.max(stripe ? stripeTimeoutMs : 1_000, 2 * expectedMs)
  const url = config.PAYMENT_PROVIDER_URL ?? (stripe ? stripeUrl : '')
  if (url === '')
    throw new ConfigError(['PAYMENT_PROVIDER_URL: found nothing; allowed: a URL starting with http:// or https://'])
  const { username, password, search, hash } = new URL(url)
  const problems = [
    ...(stripe && config.PAYMENT_PROVIDER_TOKEN === undefined
      ? ['PAYMENT_PROVIDER_TOKEN: found nothing; allowed: the secret key of the Stripe account']
      : []),
    ...(!stripe && config.PAYMENT_WEBHOOK_SECRET !== undefined
      ? ['PAYMENT_WEBHOOK_SECRET: found a value (not shown); allowed: only with PAYMENT_PROVIDER=stripe']
      : []),
    ...(username + password === ''
      ? []
      : ['PAYMENT_PROVIDER_URL: found a user or a password; allowed: neither (use PAYMENT_PROVIDER_TOKEN)']),
    ...(search + hash === '' ? [] : ['PAYMENT_PROVIDER_URL: found a query or a fragment; allowed: neither']),
    ...(timeoutMs <= expectedMs
      ? [`PAYMENT_TIMEOUT_MS: found ${timeoutMs}; allowed: more than PAYMENT_EXPECTED_MS, which is ${expectedMs}`]
      : []),
    ...(config.PAYMENT_BREAKER_MIN_CALLS > config.PAYMENT_BREAKER_WINDOW
      ? [
          `PAYMENT_BREAKER_MIN_CALLS: found ${config.PAYMENT_BREAKER_MIN_CALLS}; ` +
            `allowed: up to PAYMENT_BREAKER_WINDOW, which is ${config.PAYMENT_BREAKER_WINDOW}`,
        ]
      : []),
  ]
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    kind: config.PAYMENT_PROVIDER,
    url,
    stageRate: config.PAYMENT_STAGE_RATE_PER_SECOND ?? (stripe ? stripeStageRate : undefined),
    webhook: config.PAYMENT_WEBHOOK_SECRET && {
      port: config.PAYMENT_WEBHOOK_PORT,
      host: config.LISTEN_ADDRESS,
      secrets: config.PAYMENT_WEBHOOK_SECRET,
    },
    reconcileAfterSeconds: config.PAYMENT_RECONCILE_AFTER_SECONDS,
    token: config.PAYMENT_PROVIDER_TOKEN,
    timeoutMs,
    keyHours: Math.min(config.PAYMENT_PROVIDER_KEY_HOURS, stripe ? stripeMaxKeyHours : Infinity),
    guard: {
      perSecond: config.PAYMENT_RATE_PER_SECOND,
      attempts: config.PAYMENT_RETRY_ATTEMPTS,
      backoffMs: config.PAYMENT_RETRY_BACKOFF_MS,
      breaker: {
        window: config.PAYMENT_BREAKER_WINDOW,
        minCalls: config.PAYMENT_BREAKER_MIN_CALLS,
        failureRate: config.PAYMENT_BREAKER_FAILURE_PERCENT / 100,
        openMs: config.PAYMENT_BREAKER_OPEN_SECONDS * 1_000,
      },
    },
  }
}

/**
 * Whether the pipeline has the stage publish what becomes of refunds of parts and disputes. @throws
 * ConfigError where it consumes requests for such refunds and cannot answer them
 */
export function publishesAdjustments({ consumes, emits }: Pick<ProcessContext, 'consumes' | 'emits'>): boolean {
  const [requests, adjustments] = [topicOf('PartialRefundRequested'), topicOf('PaymentPartlyRefunded')]
  if (consumes(requests) && !emits(adjustments))
    throw new ConfigError([
      `KAFKA_EMIT_TOPICS: found no ${adjustments}; allowed: with ${adjustments}, since the stage consumes ${requests}`,
    ])
  return emits(adjustments)
}
