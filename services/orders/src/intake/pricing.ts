// What does an order cost? What its products cost in its currency when it is placed: that price is
// written down with its lines and is the one that is charged, however long the order waits. What is
// not sold in that currency, or costs another total than the customer expects, is refused before
// anything is kept.
import type { Queryable } from '@orderpipeline/postgres'
import { amountText } from '@orderpipeline/order-events'
import type { Priority } from '@orderpipeline/order-events'
import { pricesOf } from '../sql/products.ts'
import { ItemsNotSoldError, TotalChangedError } from './errors.ts'
import type { ItemNotSold } from './errors.ts'
import type { NewOrder, OrderRequest } from './new-order.ts'

/** Minor units by currency, of each product that is sold. */
export type Prices = ReadonlyMap<string, ReadonlyMap<string, number>>

export interface PricedOrder extends NewOrder {
  /** One for each line, in the minor unit of the order's currency. */
  readonly unitPrices: readonly number[]
  readonly totalCents: number
  readonly priority: Priority
}

/** The prices of everything that these orders name. @throws DatabaseError */
export async function pricesFor(database: Queryable, orders: readonly NewOrder[]): Promise<Prices> {
  const skus = new Set(orders.flatMap(({ request }) => request.items.map(({ sku }) => sku)))
  const rows = await database.query<{ sku: string; currency: string; price_cents: number }>(pricesOf, [[...skus]])
  const prices = new Map<string, Map<string, number>>()
  for (const { sku, currency, price_cents } of rows) {
    const of = prices.get(sku) ?? new Map<string, number>()
    prices.set(sku, of.set(currency, price_cents))
  }
  return prices
}

export function priced(order: NewOrder, prices: Prices): PricedOrder | ItemsNotSoldError | TotalChangedError {
  const { items, currency, expectedTotalCents, priorityOf } = order.request
  const missing = notSold(order.request, prices)
  if (missing.length > 0) return new ItemsNotSoldError(missing)
  const unitPrices = items.map(({ sku }) => prices.get(sku)?.get(currency) ?? 0)
  const totalCents = items.reduce((sum, { quantity }, line) => sum + quantity * (unitPrices[line] ?? 0), 0)
  if (expectedTotalCents !== undefined && expectedTotalCents !== totalCents)
    return new TotalChangedError(expectedTotalCents, totalCents, amountText(totalCents, currency))
  return { ...order, unitPrices, totalCents, priority: priorityOf?.(totalCents) ?? 'standard' }
}

function notSold({ items, currency }: OrderRequest, prices: Prices): ItemNotSold[] {
  return items.flatMap(({ sku }, line): ItemNotSold[] => {
    const of = prices.get(sku)
    return of?.has(currency) ? [] : [{ line, sku, currency, currencies: [...(of?.keys() ?? [])].sort() }]
  })
}
