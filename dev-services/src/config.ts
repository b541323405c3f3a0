// Which settings do the development services read from their environment?
import { readConfig, variables } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import { z } from 'zod'

const schema = z.object({
  HTTP_PORT: variables.port().default(8080),
  SMTP_PORT: variables.port().default(1025),
  LISTEN_ADDRESS: variables.listenAddress(),
  METRICS_PORT: variables.port().default(9090),
  /** The issuer in its tokens, which is its own address as the gateway reaches it. */
  ISSUER_URL: variables.url(['http', 'https']),
  /** The audience of its tokens. */
  ISSUER_AUDIENCE: variables.text().default('orders'),
  /** Its RSA key as PEM, such as from a Secret; otherwise that of ISSUER_KEY_FILE. */
  ISSUER_KEY: z
    .string()
    .regex(/^-----BEGIN (RSA )?PRIVATE KEY-----/)
    .describe('an RSA private key as PEM')
    .optional(),
  /** Created with a new key unless it exists; only its owner can read it. */
  ISSUER_KEY_FILE: variables.text('the path of a file').optional(),
  ISSUER_TOKEN_SECONDS: variables.integer(1, 604_800).default(43_200),
  /** The gateway, for requests at /as/<customer>/, which get that customer's token. */
  GATEWAY_URL: variables.url(['http', 'https']).optional(),
  /** AUTH_STAFF_SCOPE of the gateway: with it the customer of an order is asked for by its id. */
  STAFF_SCOPE: variables.text().default('shop.staff'),
  /** Mails that are kept; the oldest are dropped. */
  MAILS_AT_MOST: variables.integer(1, 100_000).default(1_000),
  MAILS_BYTES_AT_MOST: variables.integer(10_000, 1_000_000_000).default(33_554_432),
  /** Traces that are kept; the oldest are dropped. */
  TRACES_AT_MOST: variables.integer(1, 100_000).default(2_000),
  TRACES_BYTES_AT_MOST: variables.integer(10_000, 1_000_000_000).default(67_108_864),
  LOG_LEVEL: variables.logLevel().default('info'),
})

export type DevServicesConfig = ReturnType<typeof devServicesConfig>

/** @throws ConfigError, one line for each wrong variable */
export function devServicesConfig(env: Environment) {
  return readConfig(schema, env)
}
