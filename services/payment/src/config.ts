// What is the payment stage given besides what every stage is?
import { readConfig, variables } from '@orderpipeline/kit-telemetry'
import type { Environment } from '@orderpipeline/kit-stage'
import { z } from 'zod'

const schema = z.object({
  PAYMENT_PROVIDER_URL: variables.url(['http', 'https']),
  /** For one call; a call that takes longer is asked again under the same idempotency key. */
  PAYMENT_TIMEOUT_MS: variables.integer(1, 600_000).default(10_000),
})

/** @throws ConfigError */
export function providerOptions(env: Environment): { readonly url: string; readonly timeoutMs: number } {
  const config = readConfig(schema, env)
  return { url: config.PAYMENT_PROVIDER_URL, timeoutMs: config.PAYMENT_TIMEOUT_MS }
}
