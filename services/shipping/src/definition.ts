// What is the shipping stage? It prepares what is paid, dispatches what the orders service lets go,
// and recalls what is cancelled.
import { randomUUIDv7 } from 'node:crypto'
import { handledEvents } from '@orderpipeline/order-events'
import type { StageContext, StageDefinition } from '@orderpipeline/stage'
import { applyToShipments } from './apply.ts'

export function shippingStage({ now }: Pick<StageContext, 'now'>): StageDefinition<void> {
  return {
    role: 'shipping',
    handles: handledEvents('shipping'),
    apply: (tx, items) => applyToShipments(tx, items, { now, newId: randomUUIDv7 }),
    // A carrier's liability and a customer's right to return end within a year.
    retention: [{ table: 'shipments', days: 400 }],
  }
}
