// How does a batch of news change shipments? Lock those it names, plan, write with one statement each.
import { DatabaseError } from '@orderpipeline/kit-postgres'
import type { Queryable } from '@orderpipeline/kit-postgres'
import type { Item, Reaction } from '@orderpipeline/kit-stage'
import { eventOf, following } from '@orderpipeline/order-events'
import { planShipments } from './shipments.ts'
import type { Plan, ShipmentStatus } from './shipments.ts'
import { addShipments, changeShipments, lockShipments } from './sql/stage.ts'

export interface Surroundings {
  readonly now: Date
  readonly newId: () => string
}

export async function applyToShipments(
  tx: Queryable,
  items: readonly Item<void>[],
  { now, newId }: Surroundings,
): Promise<Reaction[]> {
  const events = items.map(({ event }) => event)
  const orderIds = [...new Set(events.map(({ data }) => data.orderId))]
  const rows = await tx.query<{ order_id: string; status: ShipmentStatus }>(lockShipments, [orderIds])
  const plan = planShipments(events, new Map(rows.map(({ order_id, status }) => [order_id, status])))
  const shipmentIds = new Map(plan.prepared.map(({ data }) => [data.orderId, newId()]))
  await write(tx, plan, shipmentIds)
  return plan.prepared.map((cause) => {
    const { orderId, customerId } = cause.data
    const shipmentId = shipmentIds.get(orderId) ?? ''
    return {
      cause,
      events: [eventOf('ShipmentPrepared', { orderId, customerId, shipmentId }, following(cause, '/shipping', now))],
    }
  })
}

async function write(tx: Queryable, plan: Plan, shipmentIds: ReadonlyMap<string, string>): Promise<void> {
  if (plan.made.size > 0) {
    const made = [...plan.made].map(([orderId, { status, cause }]) => ({ orderId, status, cause }))
    const added = await tx.query(addShipments, [
      made.map(({ orderId }) => orderId),
      made.map(({ cause }) => cause.data.customerId),
      made.map(({ status }) => status),
      made.map(({ orderId }) => shipmentIds.get(orderId) ?? null),
      made.map(({ cause }) => JSON.stringify(cause.type === 'OrderConfirmed' ? cause.data.items : [])),
    ])
    if (added.length < made.length) {
      throw new DatabaseError('Contended', '40001', 'another replica decided on the same order meanwhile')
    }
  }
  if (plan.changed.size > 0) await tx.query(changeShipments, [[...plan.changed.keys()], [...plan.changed.values()]])
}
