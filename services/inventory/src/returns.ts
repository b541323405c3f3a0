// How does stock come back that had been sold? As a delivery of its own, named after the return: a
// return that is announced twice is booked once, and where levels are published it is one of the
// replenishments. The order's reservation stays as it is: what it held was sold.
import type { OrderEvent } from '@orderpipeline/order-events'
import type { Sending } from '@orderpipeline/stage'
import { deliveryColumns } from './restock.ts'
import { bookDeliveries } from './sql/stock-levels.ts'

export function bookReturns(tx: Sending, events: readonly OrderEvent[]): void {
  const deliveries = new Map<string, { delivery: string; sku: string; quantity: number }>()
  for (const event of events) {
    if (event.type !== 'ItemsReturned') continue
    const delivery = returnName(event.data.returnId)
    for (const [sku, quantity] of quantitiesBySku(event.data.items))
      deliveries.set(`${delivery}\n${sku}`, { delivery, sku, quantity })
  }
  if (deliveries.size > 0) tx.send(bookDeliveries, deliveryColumns([...deliveries.values()]))
}

export function returnName(returnId: string): string {
  return `return-${returnId}`
}

function quantitiesBySku(items: readonly { readonly sku: string; readonly quantity: number }[]): Map<string, number> {
  const quantities = new Map<string, number>()
  for (const { sku, quantity } of items) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity)
  return quantities
}
