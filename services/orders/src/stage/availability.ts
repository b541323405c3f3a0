// How does the shop know what is there? From the inventory's levels, the latest of each SKU: one
// that is repeated or late changes nothing.
import type { ProductHandling } from '@orderpipeline/stage'
import type { ProductEventOf } from '@orderpipeline/order-events'
import { noteAvailability } from '../sql/availability.ts'

export const availabilityHandling: ProductHandling = {
  handles: ['StockLevelChanged'],
  apply: (tx, events) => {
    const latest = new Map<string, ProductEventOf<'StockLevelChanged'>['data']>()
    for (const event of events) {
      if (event.type !== 'StockLevelChanged') continue
      const previous = latest.get(event.data.sku)
      if (!previous || previous.version < event.data.version) latest.set(event.data.sku, event.data)
    }
    if (latest.size === 0) return
    // In one order everywhere, so that two replicas never wait for each other in a circle.
    const levels = [...latest.values()].sort((a, b) => (a.sku < b.sku ? -1 : 1))
    tx.send(noteAvailability, [
      levels.map(({ sku }) => sku),
      levels.map(({ available }) => available),
      levels.map(({ low }) => low),
      levels.map(({ version }) => version),
    ])
  },
}
