// How does a product come to be sold, at another price, or no longer? By one statement each, so
// that no order ever sees half of a change. An order that was placed before keeps its prices.
import type { Pool } from '@orderpipeline/postgres'
import type { ProductData } from './product-data.ts'
import { deleteProduct, keepPrices, putPrices, putProduct } from '../sql/products.ts'

/** Returns whether it is new. @throws DatabaseError */
export function saveProduct(
  database: Pool,
  sku: string,
  { name, priceCents, currency, prices }: ProductData,
): Promise<boolean> {
  return database.transaction(async (tx) => {
    const [row] = await tx.query<{ made: boolean }>(putProduct, [sku, name, priceCents, currency])
    const others = prices.filter((price) => price.currency !== currency)
    const currencies = others.map((price) => price.currency)
    tx.send(keepPrices, [sku, currencies])
    if (others.length > 0) tx.send(putPrices, [sku, currencies, others.map((price) => price.priceCents)])
    return row?.made === true
  })
}

/** Returns whether there was one. Its stock stays. @throws DatabaseError */
export async function removeProduct(database: Pool, sku: string): Promise<boolean> {
  return (await database.query(deleteProduct, [sku])).length > 0
}
