// What is the inventory stage? It reserves stock for validated orders, releases that of cancelled
// ones, asks about old reservations, books deliveries, and publishes how much there is.
import { handledEvents } from '@orderpipeline/order-events'
import type { StageContext, StageDefinition } from '@orderpipeline/stage'
import { applyToStock } from './apply.ts'
import { expiryTask } from './expiry.ts'
import type { ExpiryOptions } from './expiry.ts'
import { deliveryHandling } from './restock.ts'
import { stockLevelsTask } from './stock-levels/stock-levels-task.ts'
import type { StockLevelOptions } from './stock-levels/stock-levels-task.ts'

export interface InventoryOptions extends ExpiryOptions {
  /** Without them no levels are published, and none are noted. */
  readonly levels?: StockLevelOptions | undefined
}

type Context = Pick<StageContext, 'now'> & Partial<Pick<StageContext, 'registry'>>

/** Without options there are no questions. */
export function inventoryStage({ now, registry }: Context, options?: InventoryOptions): StageDefinition<void> {
  const reservationSeconds = options?.reservationSeconds ?? 7_200
  const levels = options?.levels
  return {
    role: 'inventory',
    handles: handledEvents('inventory'),
    apply: (tx, items) => applyToStock(tx, items, { now, reservationSeconds, noteChanges: levels !== undefined }),
    products: deliveryHandling,
    // Stock is settled when an order ends; its reservation is not needed any more.
    retention: [
      { table: 'reservation_items', days: 35 },
      { table: 'reservations', days: 35 },
    ],
    periodicTasks: [
      ...(options === undefined ? [] : [expiryTask(options, now)]),
      ...(levels === undefined ? [] : [stockLevelsTask(levels, { now, registry })]),
    ],
  }
}
