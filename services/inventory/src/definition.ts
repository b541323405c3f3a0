// What is the inventory stage? It reserves stock for validated orders, takes back that of cancelled
// ones, and asks about what is reserved for long.
import { handledEvents } from '@orderpipeline/order-events'
import type { StageContext, StageDefinition } from '@orderpipeline/stage'
import { applyToStock } from './apply.ts'
import { expiryChore } from './expiry.ts'
import type { ExpiryOptions } from './expiry.ts'

/** Without options nothing is asked about. */
export function inventoryStage({ now }: Pick<StageContext, 'now'>, options?: ExpiryOptions): StageDefinition<void> {
  const reservationSeconds = options?.reservationSeconds ?? 7_200
  return {
    role: 'inventory',
    handles: handledEvents('inventory'),
    apply: (tx, items) => applyToStock(tx, items, now, reservationSeconds),
    // Stock is settled when an order ends; nothing asks for its reservation any more.
    retention: [
      { table: 'reservation_items', days: 35 },
      { table: 'reservations', days: 35 },
    ],
    chores: options === undefined ? [] : [expiryChore(options, now)],
  }
}
