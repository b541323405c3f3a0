// Which data does a shop enter for a product?
export interface ProductData {
  readonly name: string
  /** In the minor unit of `currency`. */
  readonly priceCents: number
  readonly currency: string
  /** In every further currency; any other it was sold in before goes. */
  readonly prices: readonly { readonly currency: string; readonly priceCents: number }[]
}
