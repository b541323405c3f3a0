// How does a batch of orders get its stock? Lock what it touches, allocate, write with one statement each.
import { DatabaseError } from '@orderpipeline/kit-postgres'
import type { Queryable } from '@orderpipeline/kit-postgres'
import type { Item, Reaction } from '@orderpipeline/kit-stage'
import { eventOf, following } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { allocate, quantitiesOf } from './allocation.ts'
import type { Allocation, Answer, Known, Quantities, ReservationStatus } from './allocation.ts'
import * as sql from './sql/stage.ts'

/** `reservationSeconds`: how long a reservation is held before the orders service is asked about it. */
export async function applyToStock(
  tx: Queryable,
  items: readonly Item<void>[],
  now: Date,
  reservationSeconds: number,
): Promise<Reaction[]> {
  const events = items.map(({ event }) => event)
  const allocation = allocate(events, await lockedState(tx, events))
  const customers = new Map(events.map(({ data }) => [data.orderId, data.customerId]))
  await write(tx, allocation, customers, reservationSeconds)
  return allocation.answers.map((answer) => ({ cause: answer.cause, events: [answerEvent(answer, now)] }))
}

async function lockedState(tx: Queryable, events: readonly OrderEvent[]): Promise<Known> {
  const orderIds = [...new Set(events.map(({ data }) => data.orderId))]
  const rows = await tx.query<{ order_id: string; status: ReservationStatus }>(sql.lockReservations, [orderIds])
  const reservations = new Map(rows.map(({ order_id, status }) => [order_id, status]))
  const reserved = events
    .filter(({ type, data }) => type === 'OrderCancelled' && reservations.get(data.orderId) === 'RESERVED')
    .map(({ data }) => data.orderId)
  const held = reserved.length === 0 ? new Map<string, Quantities>() : await heldBy(tx, reserved)
  const skus = new Set([...held.values()].flatMap((quantities) => [...quantities.keys()]))
  for (const event of events) {
    if (event.type === 'OrderValidated') for (const sku of quantitiesOf(event).keys()) skus.add(sku)
  }
  const stock = await tx.query<{ sku: string; available: number }>(sql.lockStock, [[...skus]])
  return { reservations, held, stock: new Map(stock.map(({ sku, available }) => [sku, available])) }
}

async function heldBy(tx: Queryable, orderIds: readonly string[]): Promise<Map<string, Quantities>> {
  const rows = await tx.query<{ order_id: string; sku: string; quantity: number }>(sql.heldItems, [orderIds])
  const held = new Map<string, Map<string, number>>()
  for (const { order_id, sku, quantity } of rows) {
    held.set(order_id, (held.get(order_id) ?? new Map<string, number>()).set(sku, quantity))
  }
  return held
}

async function write(
  tx: Queryable,
  { made, released, sold, holdings, deltas }: Allocation,
  customers: ReadonlyMap<string, string>,
  reservationSeconds: number,
): Promise<void> {
  if (made.size > 0) {
    const orderIds = [...made.keys()]
    const customerIds = orderIds.map((orderId) => customers.get(orderId))
    const added = await tx.query(sql.addReservations, [orderIds, [...made.values()], customerIds, reservationSeconds])
    if (added.length < made.size) {
      throw new DatabaseError('Contended', '40001', 'another replica decided on the same order meanwhile')
    }
  }
  if (holdings.size > 0) {
    const rows = [...holdings].flatMap(([id, held]) => [...held].map(([sku, quantity]) => ({ id, sku, quantity })))
    await tx.query(sql.addItems, [
      rows.map(({ id }) => id),
      rows.map(({ sku }) => sku),
      rows.map(({ quantity }) => quantity),
    ])
  }
  if (sold.length > 0) await tx.query(sql.keepReservations, [sold])
  if (released.length > 0) await tx.query(sql.releaseReservations, [released])
  if (deltas.size > 0) await tx.query(sql.changeStock, [[...deltas.keys()], [...deltas.values()]])
}

function answerEvent({ cause, missingSkus }: Answer, now: Date): OrderEvent {
  const { orderId, customerId, totalCents, currency } = cause.data
  const context = following(cause, '/inventory', now)
  return missingSkus.length === 0
    ? eventOf('StockReserved', { orderId, customerId, totalCents, currency }, context)
    : eventOf('StockRejected', { orderId, customerId, missingSkus: [...missingSkus] }, context)
}
