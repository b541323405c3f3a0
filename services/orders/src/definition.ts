// What is the orders stage? It prices placed orders, alone decides how each one ends, and lets none
// wait for ever.
import { handledEvents } from '@orderpipeline/order-events'
import type { Reaction, StageContext, StageDefinition } from '@orderpipeline/stage'
import type { OrdersOptions } from './config.ts'
import { deadlineTask, progressRecorder } from './deadlines/deadlines.ts'
import { leftState } from './deadlines/progress.ts'
import { monthsTask } from './months/months.ts'
import { orderTimer } from './processing-time.ts'
import { refundsTask } from './refunds/refunds.ts'
import { applyOrderEvents } from './apply.ts'
import { availabilityHandling } from './stage/availability.ts'
import { countingTask, observeOrders } from './stage/metrics.ts'

type Context = Pick<StageContext, 'now'> & Partial<Pick<StageContext, 'logger' | 'registry'>>

/** Months are made months ahead. */
const monthsEverySeconds = 600

/**
 * Without options nothing is cancelled for having waited, and no parcel that comes back refunded.
 */
export function ordersStage({ now, logger, registry }: Context, options?: OrdersOptions): StageDefinition<void> {
  const timer = registry && orderTimer(registry, now)
  const observe = timer && observeOrders(timer)
  const progress = progressRecorder()
  const onCommitted = (reactions: readonly Reaction[]) => {
    observe?.(reactions)
    for (const event of reactions.flatMap(({ events }) => events)) {
      const state = leftState(event)
      if (state) progress.add(state)
    }
  }
  const onCancelled = (orderIds: readonly string[]) => {
    logger?.warn({ orders: orderIds.length }, 'orders beyond their deadline were cancelled')
    for (const orderId of orderIds) timer?.(orderId, 'CANCELLED')
  }
  return {
    role: 'orders',
    handles: handledEvents('orders'),
    apply: (tx, items) => applyOrderEvents(tx, items, now, options),
    products: availabilityHandling,
    periodicTasks: [
      ...(options === undefined
        ? []
        : [
            deadlineTask({ ...options, now, onCancelled, takeProgress: progress.take, registry }),
            refundsTask({ deadlines: options.deadlines, now, registry, logger }),
          ]),
      monthsTask({ everySeconds: monthsEverySeconds, registry, logger }),
      ...(registry === undefined ? [] : [countingTask(registry)]),
    ],
    onCommitted,
  }
}
