// How does a delivery get into stock, once, however often it is booked?
import type { Pool } from '@orderpipeline/postgres'
import { addRestock, addToStock } from './sql/stage.ts'

export interface Delivery {
  /** What tells it from every other, such as the number of its note. */
  readonly name: string
  /** Pieces by SKU. */
  readonly pieces: ReadonlyMap<string, number>
}

/**
 * Returns the SKUs that were booked now; those booked before under this delivery are left as they
 * are. @throws DatabaseError
 */
export function restock(database: Pool, { name, pieces }: Delivery): Promise<readonly string[]> {
  return database.transaction(async (tx) => {
    const given = [...pieces]
    const rows = await tx.query<{ sku: string }>(addRestock, [
      name,
      given.map(([sku]) => sku),
      given.map(([, quantity]) => quantity),
    ])
    const booked = rows.map(({ sku }) => sku)
    if (booked.length > 0) await tx.query(addToStock, [booked, booked.map((sku) => pieces.get(sku) ?? 0)])
    return booked
  })
}
