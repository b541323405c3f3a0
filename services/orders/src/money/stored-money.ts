// What happened to the money of the orders of a batch, as their locked rows have it, and what
// changes?
import type { Sending } from '@orderpipeline/stage'
import type { PricedItem } from '@orderpipeline/order-events'
import { idRange } from '../sql/id-range.ts'
import { changeMoney } from '../sql/money.ts'
import type { Money, PaidOrder, StoredDispute, StoredRefund } from './money.ts'

export interface MoneyRow {
  readonly order_id: string
  readonly currency: string
  readonly total_cents: number | null
  readonly refunds: readonly StoredRefund[] | null
  readonly disputes: readonly StoredDispute[] | null
}

export interface LockedMoney {
  readonly rows: readonly MoneyRow[]
  readonly lines: ReadonlyMap<string, readonly PricedItem[]>
}

export interface OrdersMoney {
  /** As it is after the changes before. */
  readonly of: (orderId: string) => (PaidOrder & { readonly currency: string }) | undefined
  readonly change: (orderId: string, money: Money) => void
  readonly changes: ReadonlyMap<string, Money>
}

export function ordersMoney({ rows, lines }: LockedMoney): OrdersMoney {
  const rowsByOrder = new Map(rows.map((row) => [row.order_id, row]))
  const changes = new Map<string, Money>()
  return {
    of: (orderId) => {
      const row = rowsByOrder.get(orderId)
      if (!row) return undefined
      const { currency, total_cents: totalCents, refunds, disputes } = row
      const storedMoney = { refunds: refunds ?? [], disputes: disputes ?? [] }
      return {
        currency,
        totalCents: totalCents ?? 0,
        items: lines.get(orderId) ?? [],
        ...storedMoney,
        ...changes.get(orderId),
      }
    },
    change: (orderId, money) => void changes.set(orderId, money),
    changes,
  }
}

export function writeMoney(tx: Sending, changes: ReadonlyMap<string, Money>): void {
  if (changes.size === 0) return
  const orderIds = [...changes.keys()]
  const money = [...changes.values()]
  tx.send(changeMoney, [
    orderIds,
    money.map(({ refunds }) => (refunds.length === 0 ? null : JSON.stringify(refunds))),
    money.map(({ disputes }) => (disputes.length === 0 ? null : JSON.stringify(disputes))),
    ...idRange(orderIds),
  ])
}
