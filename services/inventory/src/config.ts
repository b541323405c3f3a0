// What is the inventory stage given besides what every stage is?
import { readConfig, variables } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import { z } from 'zod'
import type { InventoryOptions } from './definition.ts'

const schema = z.object({
  /**
   * Longer than the deadline of the orders service, which ends most abandoned reservations.
   */
  INVENTORY_RESERVATION_SECONDS: variables.integer(1, 366 * 86_400).default(7_200),
  INVENTORY_CHECK_SECONDS: variables.number(0.1, 3_600).default(30),
  /**
   * `on`: the stock of each product is published on `inventory.stock`, a topic that the pipeline
   * must have.
   */
  INVENTORY_STOCK_EVENTS: variables.oneOf(['off', 'on']).default('off'),
  /**
   * A product without a bound of its own (`stock.low_below`) is low below this number of pieces.
   */
  INVENTORY_LOW_STOCK_BELOW: variables.integer(1, 1_000_000_000).default(10),
  /**
   * The time between two levels of a product that only rose or fell. A change to or from sold out
   * or low is published within a second.
   */
  INVENTORY_LEVEL_SECONDS: variables.number(0, 86_400).default(15),
})

/** @throws ConfigError */
export function inventoryConfig(env: Environment): InventoryOptions {
  const config = readConfig(schema, env)
  const levels = {
    lowBelow: config.INVENTORY_LOW_STOCK_BELOW,
    levelSeconds: config.INVENTORY_LEVEL_SECONDS,
    everySeconds: 1,
  }
  return {
    reservationSeconds: config.INVENTORY_RESERVATION_SECONDS,
    everySeconds: config.INVENTORY_CHECK_SECONDS,
    ...(config.INVENTORY_STOCK_EVENTS === 'on' ? { levels } : {}),
  }
}
