// When does the next order come, from whom and for what? As in life: at random moments (Poisson), some customers and
// products more than others. Everything follows from the random numbers given.

export interface Shop {
  readonly customers: number
  /** Their ids, where they are not customer-000001 and so on. */
  readonly customerIds?: readonly string[]
  readonly skus: number
  /** 1 spreads orders evenly over customers; the more above, the more the first ones order. */
  readonly customerSkew: number
  readonly skuSkew: number
}

export interface OrderBody {
  readonly customerId: string
  readonly currency: string
  readonly items: readonly { readonly sku: string; readonly quantity: number }[]
}

/** Milliseconds to the next arrival of a Poisson process; `random` from [0, 1). */
export const interArrivalMs = (perSecond: number, random: number): number => (-Math.log(1 - random) / perSecond) * 1_000

/** 0 to count - 1; with skew k, the first share x of them gets x^(1/k) of the picks. */
export const skewedIndex = (count: number, skew: number, random: number): number =>
  Math.min(count - 1, Math.floor(count * random ** skew))

/** One to three products, one to three pieces of each. */
export function randomOrder(shop: Shop, random: () => number): OrderBody {
  const customer = skewedIndex(shop.customers, shop.customerSkew, random())
  const lines = Math.min(1 + Math.floor(random() * 3), shop.skus)
  const skus = new Set<string>()
  while (skus.size < lines) {
    const sku = skewedIndex(shop.skus, shop.skuSkew, random())
    skus.add(`SKU-${String(sku + 1).padStart(4, '0')}`)
  }
  return {
    customerId: shop.customerIds?.[customer] ?? `customer-${String(customer + 1).padStart(6, '0')}`,
    currency: 'EUR',
    items: [...skus].map((sku) => ({ sku, quantity: 1 + Math.floor(random() * 3) })),
  }
}
