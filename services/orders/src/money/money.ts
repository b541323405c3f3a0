// What is kept of an order's money after its payment, and how much of it can still go back? Pure.
import type { DisputeOutcome, OrderItem, PricedItem } from '@orderpipeline/order-events'

export interface StoredRefund {
  readonly refundId: string
  readonly amountCents: number
  /** REQUESTED: payment has yet to make it. REFUSED: it will not be made. */
  readonly status: 'REQUESTED' | 'REFUNDED' | 'REFUSED'
  readonly reason: string
  /** Why it was refused. */
  readonly refusal?: string
  /** The lines that it is of. */
  readonly items?: readonly OrderItem[]
  /** Pieces that came back into stock with it. */
  readonly restocked?: readonly OrderItem[]
  /** When it was requested; of one that payment decided on by itself as `settledAt`. RFC 3339. */
  readonly at: string
  /** When payment had made or refused it. */
  readonly settledAt?: string
  /** These are of staff's request, and not shown. */
  readonly key?: string
  readonly hash?: string
  readonly by?: string
}

export interface StoredDispute {
  readonly disputeId: string
  readonly status: 'OPEN' | DisputeOutcome
  readonly amountCents: number
  readonly currency: string
  readonly reason: string
  readonly openedAt: string
  readonly closedAt?: string
}

export interface Money {
  readonly refunds: readonly StoredRefund[]
  readonly disputes: readonly StoredDispute[]
}

/** A paid order with its lines. */
export interface PaidOrder extends Money {
  readonly totalCents: number
  readonly items: readonly PricedItem[]
}

export const noMoney: Money = { refunds: [], disputes: [] }

/** The bank has taken the money, or may: no refund is to be made as well. */
export function isDisputed({ disputes }: Money): boolean {
  return disputes.some(({ status }) => status !== 'WON')
}

/** What refunds have left of the payment, those included that are requested. */
export function refundableCents({ totalCents, refunds }: PaidOrder): number {
  return totalCents - standing(refunds).reduce((sum, { amountCents }) => sum + amountCents, 0)
}

/** Pieces of each SKU that no refund has been of; `restocked`: that have not come back to stock. */
export function remainingQuantities(
  { items, refunds }: Pick<PaidOrder, 'items' | 'refunds'>,
  what: 'refunded' | 'restocked' = 'refunded',
): Map<string, number> {
  const quantities = new Map<string, number>()
  const add = ({ sku, quantity }: OrderItem, sign: 1 | -1) =>
    quantities.set(sku, (quantities.get(sku) ?? 0) + sign * quantity)
  for (const item of items) add(item, 1)
  const counted =
    what === 'refunded'
      ? standing(refunds).flatMap((refund) => refund.items ?? [])
      : refunds.flatMap(({ restocked }) => restocked ?? [])
  for (const item of counted) add(item, -1)
  return quantities
}

/** At what was paid for them. */
export function costOf(lines: readonly OrderItem[], items: readonly PricedItem[]): number {
  const prices = new Map(items.map(({ sku, unitPriceCents }) => [sku, unitPriceCents]))
  return lines.reduce((sum, { sku, quantity }) => sum + quantity * (prices.get(sku) ?? 0), 0)
}

function standing(refunds: readonly StoredRefund[]): readonly StoredRefund[] {
  return refunds.filter(({ status }) => status !== 'REFUSED')
}
