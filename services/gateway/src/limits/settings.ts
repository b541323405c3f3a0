// How much may be asked of the gateway? Off unless a limit is set; counted together by all replicas
// where there is a Redis, and by each for itself where there is none.
import { isNetwork } from '@orderpipeline/http'
import { ConfigError, variables } from '@orderpipeline/config'
import type { z } from 'zod'

export function networks() {
  return variables
    .list()
    .refine((entries) => entries.every(isNetwork))
    .describe('a comma-separated list of addresses and networks, such as 10.0.0.0/8 (of at least one bit)')
}

export const limitVariables = {
  /** Requests of one customer in a window; an order of a batch counts as one. */
  RATE_LIMIT_PER_CUSTOMER: variables.integer(1, 10_000_000).optional(),
  /** Requests from one address in a window. */
  RATE_LIMIT_PER_ADDRESS: variables.integer(1, 10_000_000).optional(),
  RATE_LIMIT_WINDOW_SECONDS: variables.integer(1, 86_400).default(60),
  /**
   * The proxies whose `X-Forwarded-For` is trusted; otherwise the address is that of the
   * connection.
   */
  HTTP_TRUSTED_PROXIES: networks().optional(),
  REDIS_URL: variables.url(['redis', 'rediss']).optional(),
  /** A Redis that takes longer is not used for a second. */
  REDIS_TIMEOUT_SECONDS: variables.number(0.005, 10).default(0.1),
}

type Variables = z.output<z.ZodObject<typeof limitVariables>>

export interface LimitSettings {
  readonly perCustomer: number | undefined
  readonly perAddress: number | undefined
  readonly windowSeconds: number
}

/**
 * `undefined`: off. @throws ConfigError where a customer's limit is too small for the batches they
 * may send
 */
export function limitSettings(config: Variables): LimitSettings | undefined {
  const { RATE_LIMIT_PER_CUSTOMER: perCustomer, RATE_LIMIT_PER_ADDRESS: perAddress } = config
  if (perCustomer === undefined && perAddress === undefined) return undefined
  if (perCustomer !== undefined && perCustomer < largestBatch)
    throw new ConfigError([
      `RATE_LIMIT_PER_CUSTOMER: found ${perCustomer}; allowed: ${largestBatch} or more, the orders of a batch (a longer RATE_LIMIT_WINDOW_SECONDS gives the same rate)`,
    ])
  return { perCustomer, perAddress, windowSeconds: config.RATE_LIMIT_WINDOW_SECONDS }
}

/** Orders in one request; each counts. */
export const largestBatch = 100
