// How much is there, by SKU? As the inventory published it last, for the shop's staff.
import type { Queryable } from '@orderpipeline/postgres'
import { selectStock, selectStockOf } from '../sql/availability.ts'

export interface StockView {
  readonly sku: string
  readonly available: number
  readonly low: boolean
  readonly updatedAt: string
}

export interface StockSelection {
  /** The page begins behind this SKU. */
  readonly after: string
  readonly limit: number
  /** Only what runs low. */
  readonly low: boolean
  /** How each SKU begins; all of them where it is empty. */
  readonly prefix: string
}

/** By SKU. @throws DatabaseError */
export async function stockPage(
  database: Queryable,
  { after, limit, low, prefix }: StockSelection,
): Promise<readonly StockView[]> {
  const rows = await database.query<{ view: StockView }>(selectStock, [after, limit, low, prefix])
  return rows.map(({ view }) => view)
}

/** Only of SKUs of which inventory has reported a level. @throws DatabaseError */
export async function stockOf(database: Queryable, skus: readonly string[]): Promise<readonly StockView[]> {
  const rows = await database.query<{ view: StockView }>(selectStockOf, [skus])
  return rows.map(({ view }) => view)
}
