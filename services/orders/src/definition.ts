// What is the orders stage? It prices placed orders, alone decides how each one ends, and lets none
// wait for ever.
import { handledEvents } from '@orderpipeline/order-events'
import type { Reaction, StageContext, StageDefinition } from '@orderpipeline/stage'
import type { OrdersOptions } from './config.ts'
import { deadlineTask, progressRecorder } from './deadlines/deadlines.ts'
import { leftState } from './deadlines/progress.ts'
import { holdsTask } from './holds/due-holds.ts'
import type { DecidedByTime } from './holds/due-holds.ts'
import { holdCounter } from './holds/metrics.ts'
import type { CountDecision } from './holds/metrics.ts'
import { monthsTask } from './months/months.ts'
import { orderTimer } from './processing-time.ts'
import type { OrderTimer } from './processing-time.ts'
import { refundsTask } from './refunds/refunds.ts'
import { applyOrderEvents } from './apply.ts'
import { availabilityHandling } from './stage/availability.ts'
import { countingTask, observeOrders } from './stage/metrics.ts'

type Context = Pick<StageContext, 'now'> & Partial<Pick<StageContext, 'logger' | 'registry'>>

/** Months are made months ahead. */
const monthsEverySeconds = 600

/** The rows about single orders of the staff and of holds: as long as a dispute may take. */
const keptDays = 400

/**
 * Without options nothing is cancelled for having waited, and no parcel that comes back refunded.
 */
export function ordersStage({ now, logger, registry }: Context, options?: OrdersOptions): StageDefinition<void> {
  const timer = registry && orderTimer(registry, now)
  const countDecision = registry && holdCounter(registry)
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
    retention: [
      { table: 'order_holds', days: keptDays },
      { table: 'staff_acts', days: keptDays },
      { table: 'staff_looks', days: keptDays },
    ],
    periodicTasks: [
      ...(options === undefined
        ? []
        : [
            deadlineTask({ ...options, now, onCancelled, takeProgress: progress.take, registry }),
            holdsTask({ ...options, now, onDecided: onDecidedByTime(logger, timer, countDecision) }),
            refundsTask({ deadlines: options.deadlines, heldSeconds: options.holds?.seconds, now, registry, logger }),
          ]),
      monthsTask({ everySeconds: monthsEverySeconds, registry, logger }),
      ...(registry === undefined ? [] : [countingTask(registry)]),
    ],
    onCommitted,
  }
}

function onDecidedByTime(
  logger: Context['logger'],
  timer: OrderTimer | undefined,
  count: CountDecision | undefined,
): (decided: DecidedByTime) => void {
  return ({ cancelled, released }) => {
    const orders = { cancelled: cancelled.length, released: released.length }
    logger?.warn(orders, 'held orders were decided by time, since no person had decided')
    for (const orderId of cancelled) timer?.(orderId, 'CANCELLED')
    count?.('cancelled', 'time', cancelled.length)
    count?.('released', 'time', released.length)
  }
}
