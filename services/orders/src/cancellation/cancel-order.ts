// May this order still be cancelled? Decided under its row lock, in one transaction with the events
// about it.
import type { Pool } from '@orderpipeline/postgres'
import type { OrderStatus } from '@orderpipeline/order-events'
import { cancellable } from '../stage/saga.ts'
import { lockOrder } from '../sql/cancellation.ts'
import type { OrderRow } from '../sql/cancellation.ts'
import { recordAct } from '../staff/acts.ts'
import type { StaffMember } from '../staff/acts.ts'
import { writeCancellations } from './write-cancellations.ts'
import type { CancellationContext, Ending } from './write-cancellations.ts'

export type { CancellationContext } from './write-cancellations.ts'

export interface CancellationRequest {
  readonly orderId: string
  /** When given, another customer's order is as unknown as none. */
  readonly customerId?: string | undefined
  /** When given, a member of the staff cancels it, which is recorded with their reason. */
  readonly staff?: StaffMember | undefined
  readonly context: CancellationContext
  /** Topics whose messages are keyed by order instead of by customer; none when absent. */
  readonly keyedByOrder?: (topic: string) => boolean
}

export type Cancellation =
  | { readonly kind: 'cancelled'; readonly wasHeld?: true }
  | { readonly kind: 'already-cancelled' }
  | { readonly kind: 'too-late'; readonly status: OrderStatus }
  | { readonly kind: 'unknown' }

/**
 * `database`: under the orders' role. The events are in the intake's outbox. @throws DatabaseError
 */
export function cancelOrder(database: Pool, request: CancellationRequest): Promise<Cancellation> {
  const { orderId, customerId, staff, context, keyedByOrder } = request
  return database.transaction(async (tx): Promise<Cancellation> => {
    const [order] = await tx.query<OrderRow>(lockOrder, [orderId])
    if (!order || (customerId !== undefined && order.customer_id !== customerId)) return { kind: 'unknown' }
    if (order.status === 'CANCELLED') return { kind: 'already-cancelled' }
    if (!cancellable(order.status)) return { kind: 'too-late', status: order.status }
    await writeCancellations(tx, [order], endingOf(order, staff), context, keyedByOrder)
    if (staff) await recordAct(tx, { orderId, staff, act: 'CANCEL', statusBefore: order.status, at: context.now })
    return order.status === 'HELD' ? { kind: 'cancelled', wasHeld: true } : { kind: 'cancelled' }
  })
}

function endingOf({ status }: OrderRow, staff: StaffMember | undefined): Ending {
  if (!staff) return { reason: 'CUSTOMER', by: 'CUSTOMER' }
  return { reason: status === 'HELD' ? 'FRAUD' : 'SHOP', by: 'STAFF' }
}
