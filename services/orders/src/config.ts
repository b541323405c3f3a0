// What is the orders stage given besides what every stage is?
import { ConfigError, readConfig, variables } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import { topicOf } from '@orderpipeline/order-events'
import type { ProcessContext } from '@orderpipeline/stage'
import { z } from 'zod'
import type { Deadlines } from './deadlines/progress.ts'
import type { HoldSettings } from './holds/settings.ts'
import type { ReturnPolicy } from './stage/money.ts'

function seconds() {
  return variables.integer(1, 366 * 86_400)
}

const schema = z.object({
  /**
   * How long an order may stay in a state before it is cancelled. Longer than usual outages: an
   * hour for stock and payment, a day for shipping.
   */
  ORDER_DEADLINE_PLACED_SECONDS: seconds().default(3_600),
  ORDER_DEADLINE_PROCESSING_SECONDS: seconds().default(3_600),
  ORDER_DEADLINE_CONFIRMED_SECONDS: seconds().default(86_400),
  /**
   * How much longer an order waits while no order leaves its state, as in an outage.
   */
  ORDER_DEADLINE_STALLED_SECONDS: variables.integer(0, 366 * 86_400).default(86_400),
  ORDER_DEADLINE_CHECK_SECONDS: variables.number(0.1, 3_600).default(15),
  /**
   * How long a held order waits for a person, three weeks at most: by then its stock is still
   * reserved. Valid for orders that are held from then on.
   */
  ORDER_HOLD_SECONDS: variables.integer(1, 21 * 86_400).default(86_400),
  /** What becomes of a held order that no person has decided about in that time. */
  ORDER_HOLD_AT_DUE: variables.oneOf(['cancel', 'release']).default('cancel'),
  /**
   * SKUs that are no goods, such as the cost of shipping: of a parcel that comes back they are
   * neither refunded nor put into stock.
   */
  ORDER_RETURN_KEPT_SKUS: variables.list('a comma-separated list of SKUs').default([]),
})

export interface OrdersOptions {
  readonly deadlines: Deadlines
  readonly holds?: HoldSettings | undefined
  readonly everySeconds: number
  /** Without it staff decides about the money of a parcel that comes back. */
  readonly returns?: ReturnPolicy | undefined
}

/** `refunds`: whether the pipeline has the stage emit requests for refunds. @throws ConfigError */
export function ordersConfig(env: Environment, refunds = false): OrdersOptions {
  const config = readConfig(schema, env)
  return {
    deadlines: {
      placedSeconds: config.ORDER_DEADLINE_PLACED_SECONDS,
      processingSeconds: config.ORDER_DEADLINE_PROCESSING_SECONDS,
      confirmedSeconds: config.ORDER_DEADLINE_CONFIRMED_SECONDS,
      stalledSeconds: config.ORDER_DEADLINE_STALLED_SECONDS,
    },
    holds: {
      seconds: config.ORDER_HOLD_SECONDS,
      atDue: config.ORDER_HOLD_AT_DUE === 'release' ? 'RELEASE' : 'CANCEL',
    },
    everySeconds: config.ORDER_DEADLINE_CHECK_SECONDS,
    ...(refunds ? { returns: { keptSkus: config.ORDER_RETURN_KEPT_SKUS } } : {}),
  }
}

/**
 * Whether the pipeline has the stage request refunds of parts. @throws ConfigError where it would
 * never hear what becomes of them
 */
export function refundsParts({ consumes, emits }: Pick<ProcessContext, 'consumes' | 'emits'>): boolean {
  const [requests, adjustments] = [topicOf('PartialRefundRequested'), topicOf('PaymentPartlyRefunded')]
  if (emits(requests) && !consumes(adjustments))
    throw new ConfigError([
      `KAFKA_CONSUME_TOPICS: found no ${adjustments}; allowed: with ${adjustments}, since the stage emits ${requests}`,
    ])
  return emits(requests)
}
