// How does a batch of news change shipments? Lock those it names, plan, write with one statement
// each.
import type { Queryable } from '@orderpipeline/postgres'
import type { Decide, Item, Reaction, Sending } from '@orderpipeline/stage'
import { eventOf, following } from '@orderpipeline/order-events'
import { planShipments } from './shipments.ts'
import type { Plan, ShipmentStatus } from './shipments.ts'
import { addShipments, changeShipments, lockShipments } from './sql/stage.ts'

export interface Surroundings {
  readonly now: () => Date
  readonly newId: () => string
}

export async function applyToShipments(
  tx: Queryable,
  items: readonly Item<void>[],
  surroundings: Surroundings,
): Promise<Decide<void>> {
  const orderIds = [...new Set(items.map(({ event }) => event.data.orderId))]
  const rows = await tx.query<{ order_id: string; status: ShipmentStatus }>(lockShipments, [orderIds])
  const known = new Map(rows.map(({ order_id, status }) => [order_id, status]))
  return (sending, news) => planned(sending, news, known, surroundings)
}

function planned(
  tx: Sending,
  news: readonly Item<void>[],
  known: ReadonlyMap<string, ShipmentStatus>,
  { now, newId }: Surroundings,
): Reaction[] {
  const plan = planShipments(
    news.map(({ event }) => event),
    known,
  )
  const shipmentIds = new Map(plan.prepared.map(({ data }) => [data.orderId, newId()]))
  write(tx, plan, shipmentIds)
  return plan.prepared.map((cause) => {
    const { orderId, customerId } = cause.data
    const shipmentId = shipmentIds.get(orderId) ?? ''
    const context = following(cause, '/shipping', now())
    return { cause, events: [eventOf('ShipmentPrepared', { orderId, customerId, shipmentId }, context)] }
  })
}

function write(tx: Sending, plan: Plan, shipmentIds: ReadonlyMap<string, string>): void {
  if (plan.made.size > 0) {
    const made = [...plan.made].map(([orderId, { status, cause }]) => ({ orderId, status, cause }))
    tx.send(addShipments, [
      made.map(({ orderId }) => orderId),
      made.map(({ cause }) => cause.data.customerId),
      made.map(({ status }) => status),
      made.map(({ orderId }) => shipmentIds.get(orderId) ?? null),
      made.map(({ cause }) => JSON.stringify(cause.type === 'OrderConfirmed' ? cause.data.items : [])),
    ])
  }
  if (plan.changed.size > 0) tx.send(changeShipments, [[...plan.changed.keys()], [...plan.changed.values()]])
}
