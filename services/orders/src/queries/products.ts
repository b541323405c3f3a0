// What is sold, and at what price?
import type { Queryable } from '@orderpipeline/kit-postgres'

/** NOTIFY channel: the product whose SKU is the payload has changed. */
export const productsChannel = 'orders_products'

export interface Product {
  readonly sku: string
  readonly name: string
  /** In the minor unit of whichever currency an order names. */
  readonly priceCents: number
}

/** @throws DatabaseError */
export async function productBySku(database: Queryable, sku: string): Promise<Product | undefined> {
  const [product] = await database.query<Product>(selectProduct, [sku])
  return product
}

/** By SKU, those after `after`. @throws DatabaseError */
export function productPage(database: Queryable, after: string, limit: number): Promise<readonly Product[]> {
  return database.query<Product>(selectPage, [after, limit])
}

const selectProduct = {
  name: 'queries_product',
  text: 'SELECT sku, name, price_cents AS "priceCents" FROM products WHERE sku = $1',
}

const selectPage = {
  name: 'queries_products',
  text: 'SELECT sku, name, price_cents AS "priceCents" FROM products WHERE sku > $1 ORDER BY sku LIMIT $2',
}
