// May staff have a part of this order refunded? Decided under the order's row lock, so that several
// requests together are never about more than was paid; payment holds the same once more.
import type { OrderItem, OrderStatus } from '@orderpipeline/order-events'
import { costOf, isDisputed, refundableCents, remainingQuantities } from '../money/money.ts'
import type { PaidOrder, StoredRefund } from '../money/money.ts'
import { hashOf, isRepeat } from './request-hash.ts'
import type { RequestContent } from './request-hash.ts'

/** With either an amount or lines; `restock`: the pieces are with the shop again, to be sold. */
export interface RefundRequest extends RequestContent {
  readonly idempotencyKey: string
  /** Who of the staff. */
  readonly by: string
}

export interface OrderForRefund extends PaidOrder {
  readonly status: OrderStatus
}

export type RefundDecision =
  | { readonly kind: 'accepted' | 'repeated'; readonly refund: StoredRefund }
  /** The key belongs to another request. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'wrong-state'; readonly status: OrderStatus; readonly allowed: string }
  | { readonly kind: 'disputed' }
  | { readonly kind: 'too-many'; readonly most: number }
  | { readonly kind: 'too-much'; readonly amountCents: number; readonly leftCents: number }
  | { readonly kind: 'no-such-pieces'; readonly index: number; readonly item: OrderItem; readonly left: number }

/** They are in the order's row. */
const mostRefunds = 50

export function decideRefund(
  order: OrderForRefund,
  request: RefundRequest,
  { refundId, now }: { readonly refundId: string; readonly now: Date },
): RefundDecision {
  const previous = order.refunds.find(({ key }) => key === request.idempotencyKey)
  if (previous) return isRepeat(request, previous) ? { kind: 'repeated', refund: previous } : { kind: 'conflict' }
  const { status, items } = order
  if (status !== 'CONFIRMED' && status !== 'SHIPPED')
    return { kind: 'wrong-state', status, allowed: 'an order that is paid and not cancelled' }
  if (request.restock && status !== 'SHIPPED')
    return { kind: 'wrong-state', status, allowed: 'restock of an order that was shipped' }
  if (isDisputed(order)) return { kind: 'disputed' }
  if (order.refunds.length >= mostRefunds) return { kind: 'too-many', most: mostRefunds }
  const missing = missingPieces(order, request)
  if (missing) return missing
  const amountCents = request.items ? costOf(request.items, items) : (request.amountCents ?? 0)
  const leftCents = refundableCents(order)
  if (amountCents > leftCents || amountCents < 1) return { kind: 'too-much', amountCents, leftCents }
  const { reason, restock, idempotencyKey: key, by } = request
  const lines = request.items ? { items: request.items, ...(restock ? { restocked: request.items } : {}) } : {}
  const about = { refundId, amountCents, status: 'REQUESTED' as const, reason, ...lines }
  return { kind: 'accepted', refund: { ...about, at: now.toISOString(), key, hash: hashOf(request), by } }
}

function missingPieces(order: OrderForRefund, { items = [], restock }: RefundRequest): RefundDecision | undefined {
  const refundable = remainingQuantities(order)
  const restockable = remainingQuantities(order, 'restocked')
  const remainingOf = ({ sku }: OrderItem) =>
    Math.min(refundable.get(sku) ?? 0, restock ? (restockable.get(sku) ?? 0) : Infinity)
  const index = items.findIndex((item) => item.quantity > remainingOf(item))
  const item = items[index]
  return item && { kind: 'no-such-pieces', index, item, left: remainingOf(item) }
}
