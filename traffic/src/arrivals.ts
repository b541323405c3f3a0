// When does the next order come, from which customer and for which product? At random moments, more
// of them when the rate is higher (a Poisson process whose rate follows a trace), some customers
// and products more often than others. Everything follows from the random numbers that are passed
// in.
import type { Random } from './random.ts'
import type { Trace } from './trace/trace.ts'
import { zipf } from './zipf.ts'

export interface Shop {
  readonly customers: number
  /** Ids of the customers, where they are not customer-000001 and so on. */
  readonly customerIds?: readonly string[]
  readonly skus: number
  /**
   * Zipf exponent: 0 spreads orders evenly over customers; with 1 the second orders half as often
   * as the first.
   */
  readonly customerSkew: number
  readonly skuSkew: number
}

export interface OrderBody {
  readonly customerId: string
  readonly currency: string
  readonly items: readonly { readonly sku: string; readonly quantity: number }[]
}

/** Milliseconds to the next arrival of a Poisson process; `random` from [0, 1). */
export function interArrivalMs(perSecond: number, random: number): number {
  return (-Math.log(1 - random) / perSecond) * 1_000
}

/**
 * Milliseconds from the beginning, one arrival after another. Where a Poisson process with one
 * order per unit stands, that many orders are expected; the trace says when that is. The stretches
 * of the trace must follow one another.
 */
export function* arrivalTimes(trace: Trace, random: Random): Generator<number> {
  let expected = -Math.log(1 - random())
  let before = 0
  for (const { fromMs, toMs, orders } of trace) {
    for (; expected < before + orders; expected -= Math.log(1 - random()))
      yield fromMs + ((expected - before) / orders) * (toMs - fromMs)
    before += orders
  }
}

/** Orders of one to three products, one to three pieces of each. */
export function orderBodies(shop: Shop, random: Random): () => OrderBody {
  const customerRank = zipf(shop.customers, shop.customerSkew)
  const skuRank = zipf(shop.skus, shop.skuSkew)
  return () => {
    const customer = customerRank(random)
    const lines = Math.min(1 + Math.floor(random() * 3), shop.skus)
    const skus = new Set<string>()
    while (skus.size < lines) skus.add(`SKU-${String(skuRank(random) + 1).padStart(4, '0')}`)
    return {
      customerId: shop.customerIds?.[customer] ?? `customer-${String(customer + 1).padStart(6, '0')}`,
      currency: 'EUR',
      items: [...skus].map((sku) => ({ sku, quantity: 1 + Math.floor(random() * 3) })),
    }
  }
}
