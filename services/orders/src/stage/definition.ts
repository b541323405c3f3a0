// What is the orders stage? It prices placed orders, alone decides how each one ends, and lets none wait for ever.
import type { StageContext, StageDefinition } from '@orderpipeline/kit-stage'
import type { OrdersOptions } from '../config.ts'
import { deadlineChore } from '../deadlines/deadlines.ts'
import { applyNews } from './apply.ts'
import { countingChore, observeOrders } from './metrics.ts'

type Context = Pick<StageContext, 'now'> & Partial<Pick<StageContext, 'logger' | 'registry'>>

/** Without options nothing is cancelled for having waited. */
export function ordersStage({ now, logger, registry }: Context, options?: OrdersOptions): StageDefinition<void> {
  const onCancelled = (count: number) => logger?.warn({ orders: count }, 'orders that waited too long were cancelled')
  return {
    role: 'orders',
    handles: [
      'OrderPlaced',
      'StockReserved',
      'StockRejected',
      'ReservationExpired',
      'PaymentCaptured',
      'PaymentDeclined',
      'PaymentRefunded',
      'ShipmentPrepared',
    ],
    apply: (tx, items) => applyNews(tx, items, now()),
    chores: [
      ...(options === undefined ? [] : [deadlineChore({ ...options, now, onCancelled })]),
      ...(registry === undefined ? [] : [countingChore(registry)]),
    ],
    ...(registry ? { onCommitted: observeOrders(registry, now) } : {}),
  }
}
