// What is the payment stage given besides what every stage is?
import { ConfigError, readConfig, variables } from '@orderpipeline/kit-telemetry'
import type { Environment } from '@orderpipeline/kit-stage'
import { z } from 'zod'
import type { GuardOptions } from './guard.ts'

const schema = z.object({
  PAYMENT_PROVIDER_URL: variables.url(['http', 'https']),
  /** How long the provider is known to take: a shorter time-out would only ask again what is being answered. */
  PAYMENT_EXPECTED_MS: variables.integer(0, 600_000).default(0),
  /**
   * For one call; a call that takes longer is asked again under the same idempotency key. A second unless the provider is known to
   * take more than half of that; then twice as long as it takes.
   */
  PAYMENT_TIMEOUT_MS: variables.integer(1, 600_000).optional(),
  /** Of this replica. */
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
  readonly timeoutMs: number
  readonly guard: GuardOptions
}

/** @throws ConfigError */
export function providerOptions(env: Environment): ProviderOptions {
  const config = readConfig(schema, env)
  const expected = config.PAYMENT_EXPECTED_MS
  const timeoutMs = config.PAYMENT_TIMEOUT_MS ?? Math.max(1_000, 2 * expected)
  const problems = [
    ...(timeoutMs <= expected
      ? [`PAYMENT_TIMEOUT_MS: found ${timeoutMs}; allowed: more than PAYMENT_EXPECTED_MS, which is ${expected}`]
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
    url: config.PAYMENT_PROVIDER_URL,
    timeoutMs,
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
