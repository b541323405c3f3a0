// What is the inventory stage given besides what every stage is?
import { readConfig, variables } from '@orderpipeline/telemetry'
import type { Environment } from '@orderpipeline/stage'
import { z } from 'zod'
import type { ExpiryOptions } from './expiry.ts'

const schema = z.object({
  /**
   * Longer than the orders service lets an order wait for its payment, which ends most reservations
   * that nobody wants.
   */
  INVENTORY_RESERVATION_SECONDS: variables.integer(1, 366 * 86_400).default(7_200),
  INVENTORY_CHECK_SECONDS: variables.number(0.1, 3_600).default(30),
})

/** @throws ConfigError */
export function inventoryOptions(env: Environment): ExpiryOptions {
  const config = readConfig(schema, env)
  return { reservationSeconds: config.INVENTORY_RESERVATION_SECONDS, everySeconds: config.INVENTORY_CHECK_SECONDS }
}
