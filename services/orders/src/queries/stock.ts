// How much is there, by SKU? As the inventory published it last, for the shop's staff.
import type { Queryable } from '@orderpipeline/postgres'
import { selectStock } from '../sql/availability.ts'

export interface StockView {
  readonly sku: string
  readonly available: number
  readonly low: boolean
  readonly updatedAt: string
}

/** By SKU, those after `after`; `low`: only what runs low. @throws DatabaseError */
export async function stockPage(
  database: Queryable,
  after: string,
  limit: number,
  low: boolean,
): Promise<readonly StockView[]> {
  const rows = await database.query<{ view: StockView }>(selectStock, [after, limit, low])
  return rows.map(({ view }) => view)
}
