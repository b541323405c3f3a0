// How much is there of each product, and what runs low? As the gateway shows it to the shop's
// staff.

export interface StockLevel {
  readonly sku: string
  /** Pieces that can be reserved. */
  readonly available: number
  readonly low: boolean
  /** RFC 3339. */
  readonly updatedAt: string
}

export interface StockPage {
  readonly stock: readonly StockLevel[]
  /** The cursor of the next page; absent on the last one. */
  readonly next?: string
}

/** The first page has all that runs low, up to a bound, in front. */
export interface StockAnswer extends StockPage {
  readonly low?: readonly StockLevel[]
}

export const skuPattern = /^[A-Z0-9-]{1,40}$/

export function stateOf({ available, low }: StockLevel): 'sold out' | 'low' | 'in stock' {
  if (available <= 0) return 'sold out'
  return low ? 'low' : 'in stock'
}

/** Those that run low first, the others by SKU, each once. */
export function lowFirst(low: readonly StockLevel[], others: readonly StockLevel[]): readonly StockLevel[] {
  const lowSkus = new Set(low.map(({ sku }) => sku))
  return [...low, ...others.filter(({ sku }) => !lowSkus.has(sku))]
}
