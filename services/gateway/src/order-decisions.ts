// How do people decide about orders through the gateway? Customers and staff cancel, staff decides
// about held orders and looks at all; what comes of it is counted here.
import type { Pool } from '@orderpipeline/postgres'
import { cancelOrder, orderTimer } from '@orderpipeline/orders/cancellation'
import type { Cancellation, CancellationRequest } from '@orderpipeline/orders/cancellation'
import { decideHeld, heldPage, holdCounter } from '@orderpipeline/orders/holds'
import { createLooks, staffHistory } from '@orderpipeline/orders/staff'
import type { Logger } from '@orderpipeline/process'
import type { Registry } from '@orderpipeline/telemetry'
import type { Cancel } from './api/cancel-order.ts'
import type { StaffOrders } from './api/staff-orders.ts'
import type { OrderReader } from './order-read-model/order-reader.ts'

export interface DecisionParts {
  readonly database: Pool
  readonly orders: OrderReader
  /** Whether messages of a topic have the order's id as key. `topic`: without the prefix. */
  readonly keyedByOrder: (topic: string) => boolean
  readonly registry: Registry
  readonly logger: Logger
  readonly now: () => Date
}

export interface Decisions {
  readonly cancel: Cancel
  readonly staffOrders: StaffOrders
  /** Resolves once all looks of the staff are stored, or cannot be. */
  close(): Promise<void>
}

export function openDecisions(parts: DecisionParts): Decisions {
  const { database, orders, keyedByOrder, registry, logger, now } = parts
  const looks = createLooks({ database, now, logger })
  const timer = orderTimer(registry, now)
  const count = holdCounter(registry)
  const cancelBy = async (by: 'customer' | 'staff', request: CancellationRequest): Promise<Cancellation> => {
    const cancellation = await cancelOrder(database, { ...request, keyedByOrder })
    if (cancellation.kind !== 'cancelled') return cancellation
    timer(request.orderId, 'CANCELLED')
    if (cancellation.wasHeld) count('cancelled', by)
    return cancellation
  }
  return {
    cancel: (orderId, customerId, context) =>
      cancelBy('customer', { orderId, customerId, context: { ...context, now: now() } }),
    staffOrders: {
      held: (after, limit) => heldPage(database, after, limit),
      order: async (orderId) => {
        const order = await orders.byId(orderId, undefined)
        return order && { order, history: await staffHistory(database, orderId) }
      },
      decide: async (decision, orderId, staff, context) => {
        const request = { decision, orderId, staff, context: { ...context, now: now() }, keyedByOrder }
        const decided = await decideHeld(database, request)
        if (decided.kind !== 'decided') return decided
        timer(orderId, decided.status)
        count(decision === 'RELEASE' ? 'released' : 'cancelled', 'staff')
        return decided
      },
      cancel: (orderId, staff, context) => cancelBy('staff', { orderId, staff, context: { ...context, now: now() } }),
      looks: (staff, orderIds) => looks.add(staff, orderIds),
    },
    close: () => looks.close(),
  }
}
