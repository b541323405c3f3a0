// How does a delivery get into stock, once, however often it is booked? By hand with the restock
// program, or by a message of the warehouse.
import type { Pool } from '@orderpipeline/postgres'
import type { ProductHandling } from '@orderpipeline/stage'
import { bookDeliveries } from './sql/stock-levels.ts'

export interface Delivery {
  /** Identifies the delivery, such as the number of its note. */
  readonly name: string
  /** Pieces by SKU. */
  readonly pieces: ReadonlyMap<string, number>
}

interface DeliveredQuantity {
  readonly delivery: string
  readonly sku: string
  readonly quantity: number
}

/**
 * Returns the SKUs that were booked now; those booked before under this delivery are left as they
 * are. @throws DatabaseError
 */
export async function restock(database: Pool, { name, pieces }: Delivery): Promise<readonly string[]> {
  const deliveries = [...pieces].map(([sku, quantity]) => ({ delivery: name, sku, quantity }))
  const rows = await database.query<{ sku: string }>(bookDeliveries, deliveryColumns(deliveries))
  return rows.map(({ sku }) => sku)
}

export const deliveryHandling: ProductHandling = {
  handles: ['StockDelivered'],
  apply: (tx, events) => {
    const deliveries = new Map<string, DeliveredQuantity>()
    for (const event of events)
      if (event.type === 'StockDelivered') deliveries.set(`${event.data.delivery}\n${event.data.sku}`, event.data)
    if (deliveries.size > 0) tx.send(bookDeliveries, deliveryColumns([...deliveries.values()]))
  },
}

export function deliveryColumns(deliveries: readonly DeliveredQuantity[]): unknown[] {
  return [
    deliveries.map(({ delivery }) => delivery),
    deliveries.map(({ sku }) => sku),
    deliveries.map(({ quantity }) => quantity),
  ]
}
