// What does it take to cancel orders whose rows are locked? Their rows, their history, and the
// events for the intake's relay to publish; one statement each, however many orders.
import type { Queryable } from '@orderpipeline/postgres'
import { encode } from '@orderpipeline/order-events'
import type { CancellationReason } from '@orderpipeline/order-events'
import { closeHolds } from '../sql/holds.ts'
import { publishByOutbox } from '../outbox.ts'
import { idRange } from '../sql/id-range.ts'
import { changeOrders, recordEvents } from '../sql/stage.ts'
import { source } from '../event-source.ts'
import { cancelled } from '../stage/saga.ts'
import { statusEntry, historyColumns } from '../stage/timeline.ts'
import type { OrderRow } from '../sql/cancellation.ts'

export interface CancellationContext {
  readonly now: Date
  /** The id of the request to cancel; the order's own id has precedence. */
  readonly correlationId?: string | undefined
  readonly traceparent?: string | undefined
}

export interface Ending {
  readonly reason: CancellationReason
  readonly by: 'CUSTOMER' | 'STAFF' | 'TIME'
}

/** `orders`: locked by this transaction, each in a state that can be cancelled. */
export async function writeCancellations(
  tx: Queryable,
  orders: readonly OrderRow[],
  { reason, by }: Ending,
  context: CancellationContext,
  keyedByOrder?: (topic: string) => boolean,
): Promise<void> {
  const decisions = orders.map((order) => {
    const { order_id: orderId, customer_id: customerId, correlation_id: ownId, priority } = order
    const correlationId = ownId ?? context.correlationId
    return { orderId, ...cancelled({ orderId, customerId }, reason, { ...context, source, correlationId, priority }) }
  })
  const ids = decisions.map(({ orderId }) => orderId)
  await tx.query(changeOrders, [
    ids,
    decisions.map(({ status }) => status),
    decisions.map(() => reason),
    decisions.map(() => null),
    ...idRange(ids),
  ])
  const heldIds = orders.filter(({ status }) => status === 'HELD').map(({ order_id }) => order_id)
  if (heldIds.length > 0) await tx.query(closeHolds, [heldIds, 'CANCELLED', by, context.now])
  const history = decisions.map((decision) => {
    const causeId = decision.events[0]?.id ?? decision.orderId
    return statusEntry(decision.orderId, decision, causeId, context.now)
  })
  await tx.query(recordEvents, historyColumns(history))
  const events = decisions.flatMap((decision) => decision.events)
  const messages = events.map((event) => ({ id: event.id, ...encode(event, keyedByOrder) }))
  await publishByOutbox(tx, messages)
}
