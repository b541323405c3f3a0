// Which settings does the payment provider read from its environment?
import { databaseVariables, readConfig, tlsVariables, variables } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import { tracingVariables } from '@orderpipeline/telemetry'
import { z } from 'zod'

const schema = z.object({
  HTTP_PORT: variables.port().default(8080),
  LISTEN_ADDRESS: variables.listenAddress(),
  METRICS_PORT: variables.port().default(9090),
  ...databaseVariables,
  ...tlsVariables,
  DATABASE_POOL_SIZE: variables.integer(1, 100).default(4),
  PROVIDER_LATENCY_MS: variables.number(0, 120_000).default(50),
  PROVIDER_JITTER_MS: variables.number(0, 120_000).default(10),
  PROVIDER_ERROR_RATE: variables.number(0, 1).default(0),
  PROVIDER_DECLINE_RATE: variables.number(0, 1).default(0),
  /** Charges in progress at once; further requests get 503. */
  PROVIDER_MAX_ACTIVE: variables.integer(1, 100_000).default(5_000),
  DRAIN_GRACE_SECONDS: variables.number(1, 600).default(25),
  LOG_LEVEL: variables.logLevel().default('info'),
  ...tracingVariables,
})

export type ProviderConfig = ReturnType<typeof providerConfig>

export function providerConfig(env: Environment) {
  return readConfig(schema, env)
}
