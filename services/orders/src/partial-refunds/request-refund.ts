// How does staff have a part of an order refunded? Decided and stored under the order's row lock,
// in one transaction with the events about it and the entry in the staff's history of the order.
import type { Pool, Transaction } from '@orderpipeline/postgres'
import { encode } from '@orderpipeline/order-events'
import type { OrderEvent, OrderStatus, PricedItem, Priority } from '@orderpipeline/order-events'
import { source } from '../event-source.ts'
import { lockPaidOrder, pricedItems, storeRefunds } from '../sql/money.ts'
import { publishByOutbox } from '../outbox.ts'
import { recordEvents } from '../sql/stage.ts'
import { recordAct } from '../staff/acts.ts'
import { historyColumns } from '../stage/timeline.ts'
import { decideRefund } from './decide-refund.ts'
import type { RefundDecision, RefundRequest } from './decide-refund.ts'
import type { StoredDispute, StoredRefund } from '../money/money.ts'
import { refundEvents } from '../money/refund-events.ts'

export interface RefundContext {
  readonly now: Date
  /** The id of the request; the order's own id has precedence. */
  readonly correlationId?: string | undefined
  readonly traceparent?: string | undefined
}

export interface RefundOfOrder {
  readonly orderId: string
  readonly request: RefundRequest
  readonly context: RefundContext
  /** A new uuid. */
  readonly newId: () => string
  /** Topics whose messages are keyed by order instead of by customer; none when absent. */
  readonly keyedByOrder?: (topic: string) => boolean
}

export type RequestedRefund = RefundDecision | { readonly kind: 'unknown' }

interface PaidRow {
  readonly customer_id: string
  readonly status: OrderStatus
  readonly currency: string
  readonly total_cents: number | null
  readonly correlation_id: string | null
  readonly priority: Priority
  readonly refunds: readonly StoredRefund[] | null
  readonly disputes: readonly StoredDispute[] | null
}

/**
 * `database`: under the orders' role. The events are in the intake's outbox. @throws DatabaseError
 */
export function requestRefund(database: Pool, { orderId, ...options }: RefundOfOrder): Promise<RequestedRefund> {
  const { newId, context, request } = options
  return database.transaction(async (tx): Promise<RequestedRefund> => {
    const [row] = await tx.query<PaidRow>(lockPaidOrder, [orderId])
    if (!row) return { kind: 'unknown' }
    const items = await tx.query<PricedItem>(pricedItems, [[orderId], orderId, orderId])
    const { status, total_cents: totalCents, refunds, disputes } = row
    const order = { status, totalCents: totalCents ?? 0, items, refunds: refunds ?? [], disputes: disputes ?? [] }
    const decision = decideRefund(order, request, { refundId: newId(), now: context.now })
    if (decision.kind !== 'accepted') return decision
    await tx.query(storeRefunds, [orderId, JSON.stringify([...order.refunds, decision.refund])])
    await publish(tx, eventsOf(orderId, row, decision.refund, context), options)
    const staff = { name: request.by, reason: request.reason }
    await recordAct(tx, { orderId, staff, act: 'REFUND', statusBefore: status, at: context.now })
    return decision
  })
}

function eventsOf(orderId: string, row: PaidRow, refund: StoredRefund, context: RefundContext): OrderEvent[] {
  const { customer_id: customerId, currency, correlation_id: ownId, priority } = row
  const from = { ...context, source, correlationId: ownId ?? context.correlationId, priority }
  return refundEvents({ orderId, customerId, currency }, refund, from)
}

async function publish(
  tx: Transaction,
  events: readonly OrderEvent[],
  { context, keyedByOrder }: Pick<RefundOfOrder, 'context' | 'keyedByOrder'>,
): Promise<void> {
  const history = events.map(({ id, type, data }) => ({
    ...{ orderId: data.orderId, event: type },
    ...{ causeId: id, at: context.now },
  }))
  await tx.query(recordEvents, historyColumns(history))
  const messages = events.map((event) => ({ id: event.id, ...encode(event, keyedByOrder) }))
  await publishByOutbox(tx, messages)
}
