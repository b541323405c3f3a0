// How does a batch of events change shipments? Lock those it names, plan, write with one statement
// each.
import type { Queryable } from '@orderpipeline/postgres'
import type { Decide, Item, Reaction, Sending } from '@orderpipeline/stage'
import { eventOf, following } from '@orderpipeline/order-events'
import type { Parcel } from '@orderpipeline/order-events'
import { planShipments } from './shipments.ts'
import type { ShipmentPlan, ShipmentStatus } from './shipments.ts'
import type { Label } from './carrier/carrier.ts'
import { addParcels } from './sql/parcels.ts'
import { addShipments, changeShipments, lockShipments } from './sql/stage.ts'

export interface ShipmentContext {
  readonly now: () => Date
  readonly newId: () => string
  /** Seconds until the carrier is asked about a parcel. */
  readonly statusIntervalSeconds: number
}

/** The label of an order that is to be shipped, where a carrier makes labels. */
export type Prepared = Label | undefined

export async function applyToShipments(
  tx: Queryable,
  items: readonly Item<Prepared>[],
  surroundings: ShipmentContext,
): Promise<Decide<Prepared>> {
  const orderIds = [...new Set(items.map(({ event }) => event.data.orderId))]
  const rows = await tx.query<{ order_id: string; status: ShipmentStatus }>(lockShipments, [orderIds])
  const statusByOrder = new Map(rows.map(({ order_id, status }) => [order_id, status]))
  return (sending, newItems) => writePlan(sending, newItems, statusByOrder, surroundings)
}

function writePlan(
  tx: Sending,
  newItems: readonly Item<Prepared>[],
  statusByOrder: ReadonlyMap<string, ShipmentStatus>,
  { now, newId, statusIntervalSeconds }: ShipmentContext,
): Reaction[] {
  const plan = planShipments(
    newItems.map(({ event }) => event),
    statusByOrder,
  )
  const shipmentIds = new Map(plan.prepared.map(({ data }) => [data.orderId, newId()]))
  write(tx, plan, shipmentIds)
  const labels = new Map(newItems.flatMap(({ event, prepared }) => (prepared ? [[event.data.orderId, prepared]] : [])))
  if (labels.size > 0) tx.send(addParcels, [...labelColumns(labels), statusIntervalSeconds])
  return plan.prepared.map((cause) => {
    const { orderId, customerId } = cause.data
    const shipmentId = shipmentIds.get(orderId) ?? ''
    const context = following(cause, '/shipping', now())
    const parcel = parcelOf(labels.get(orderId))
    return { cause, events: [eventOf('ShipmentPrepared', { orderId, customerId, shipmentId, ...parcel }, context)] }
  })
}

/** Also for a shipment that is cancelled already: its label is voided later. */
function labelColumns(labels: ReadonlyMap<string, Label>): unknown[] {
  const all = [...labels.values()]
  return [
    [...labels.keys()],
    all.map(({ carrier }) => carrier),
    all.map(({ trackingNumber }) => trackingNumber),
    all.map(({ trackingUrl }) => trackingUrl ?? null),
    all.map(({ labelUrl }) => labelUrl ?? null),
  ]
}

function parcelOf(label: Label | undefined): { parcel?: Parcel } {
  if (!label) return {}
  const { carrier, trackingNumber, trackingUrl } = label
  return { parcel: { carrier, trackingNumber, ...(trackingUrl === undefined ? {} : { trackingUrl }) } }
}

function write(tx: Sending, plan: ShipmentPlan, shipmentIds: ReadonlyMap<string, string>): void {
  if (plan.newShipments.size > 0) {
    const newShipments = [...plan.newShipments].map(([orderId, { status, cause }]) => ({ orderId, status, cause }))
    tx.send(addShipments, [
      newShipments.map(({ orderId }) => orderId),
      newShipments.map(({ cause }) => cause.data.customerId),
      newShipments.map(({ status }) => status),
      newShipments.map(({ orderId }) => shipmentIds.get(orderId) ?? null),
      newShipments.map(({ cause }) => JSON.stringify(cause.type === 'OrderConfirmed' ? cause.data.items : [])),
    ])
  }
  if (plan.changedStatuses.size > 0)
    tx.send(changeShipments, [[...plan.changedStatuses.keys()], [...plan.changedStatuses.values()]])
}
