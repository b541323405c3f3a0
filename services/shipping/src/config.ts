// What is the shipping stage given besides what every stage is?
import { ConfigError, readConfig, variables } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import { z } from 'zod'
import type { HttpCarrierOptions } from './carrier/http-carrier.ts'

const schema = z.object({
  /** The address of the carrier, or of the adapter to it; without it parcels have no label. */
  CARRIER_URL: variables.url(['http', 'https']).optional(),
  CARRIER_TOKEN: variables.text().optional(),
  CARRIER_TIMEOUT_MS: variables.integer(10, 60_000).default(2_000),
  /** The interval of status requests for a parcel on its way. */
  CARRIER_LOOK_SECONDS: variables.number(0.1, 86_400).default(300),
})

export interface CarrierOptions extends HttpCarrierOptions {
  readonly statusIntervalSeconds: number
}

/** `undefined`: no carrier. @throws ConfigError */
export function carrierConfig(env: Environment): CarrierOptions | undefined {
  const config = readConfig(schema, env)
  if (config.CARRIER_URL === undefined) {
    if (config.CARRIER_TOKEN === undefined) return undefined
    throw new ConfigError(['CARRIER_URL: found nothing; CARRIER_TOKEN needs it'])
  }
  const { username, password, search, hash } = new URL(config.CARRIER_URL)
  if (username + password + search + hash !== '')
    throw new ConfigError([
      'CARRIER_URL: found a user, a password, a query or a fragment; allowed: none (use CARRIER_TOKEN)',
    ])
  return {
    url: config.CARRIER_URL,
    token: config.CARRIER_TOKEN,
    timeoutMs: config.CARRIER_TIMEOUT_MS,
    statusIntervalSeconds: config.CARRIER_LOOK_SECONDS,
  }
}
