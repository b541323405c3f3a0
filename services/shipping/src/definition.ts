// What is the shipping stage? It prepares paid orders, with a carrier's label where there is a
// carrier, dispatches the orders that the orders service has shipped, recalls cancelled ones, and
// publishes what happens to their parcels.
import { randomUUIDv7 } from 'node:crypto'
import { handledEvents } from '@orderpipeline/order-events'
import type { StageContext, StageDefinition } from '@orderpipeline/stage'
import { applyToShipments } from './apply.ts'
import type { Prepared } from './apply.ts'
import { parcelsTask } from './parcels.ts'
import type { ParcelOptions } from './parcels.ts'
import type { ShipmentStatus } from './shipments.ts'
import { shipmentStatus } from './sql/parcels.ts'

type Context = Pick<StageContext, 'now'> & Partial<Pick<StageContext, 'registry'>>

/** Without a carrier nothing is waited for, and parcels have no label. */
export function shippingStage({ now, registry }: Context, parcels?: ParcelOptions): StageDefinition<Prepared> {
  const statusIntervalSeconds = parcels?.statusIntervalSeconds ?? 0
  return {
    role: 'shipping',
    handles: handledEvents('shipping'),
    ...(parcels ? { prepare: labelOf(parcels) } : {}),
    apply: (tx, items) => applyToShipments(tx, items, { now, newId: randomUUIDv7, statusIntervalSeconds }),
    // A carrier's liability and a customer's right to return end within a year.
    retention: [
      { table: 'parcels', days: 400 },
      { table: 'shipments', days: 400 },
    ],
    periodicTasks: parcels ? [parcelsTask(parcels, now, registry)] : [],
  }
}

/**
 * No new label for an order that is already known here: it has its label, or is cancelled. An order
 * that is cancelled before it was prepared may have a label all the same, from a replica that died
 * before it could note it: that label is voided before the cancellation is noted.
 */
function labelOf({ carrier }: ParcelOptions): NonNullable<StageDefinition<Prepared>['prepare']> {
  return async (event, signal, database) => {
    if (event.type !== 'OrderConfirmed' && event.type !== 'OrderCancelled') return undefined
    const { orderId } = event.data
    const [shipment] = await database.query<{ status: ShipmentStatus }>(shipmentStatus, [orderId])
    const calledBack = shipment ? shipment.status === 'CANCELLED_EARLY' : event.type === 'OrderCancelled'
    if (calledBack) await carrier.void(orderId, signal)
    if (shipment || event.type === 'OrderCancelled') return undefined
    return carrier.label({ orderId, items: event.data.items }, signal)
  }
}
