// How does a batch of orders get its stock? Lock what it touches, allocate, write with one
// statement each.
import type { Queryable } from '@orderpipeline/postgres'
import type { Decide, Item, Sending } from '@orderpipeline/stage'
import { eventOf, following } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { allocate } from './allocation.ts'
import type { Allocation, ReservationAnswer, StoredState, Quantities, ReservationStatus } from './allocation.ts'
import { bookReturns } from './returns.ts'
import * as sql from './sql/stage.ts'

export interface StockSettings {
  readonly now: () => Date
  /** How long a reservation is held before a question about it goes to the orders service. */
  readonly reservationSeconds: number
  /** Whether levels are published, so that it has to be known which SKUs changed. */
  readonly noteChanges: boolean
}

export async function applyToStock(
  tx: Queryable,
  items: readonly Item<void>[],
  settings: StockSettings,
): Promise<Decide<void>> {
  const state = await lockedState(
    tx,
    items.map(({ event }) => event),
  )
  return (sending, newItems) => {
    const events = newItems.map(({ event }) => event)
    const allocation = allocate(events, state)
    const customers = new Map(events.map(({ data }) => [data.orderId, data.customerId]))
    write(sending, allocation, customers, settings)
    bookReturns(sending, events)
    return allocation.answers.map((answer) => ({ cause: answer.cause, events: [answerEvent(answer, settings.now())] }))
  }
}

async function lockedState(tx: Queryable, events: readonly OrderEvent[]): Promise<StoredState> {
  const orderIds = [...new Set(events.map(({ data }) => data.orderId))]
  const cancelledIds = events.flatMap(({ type, data }) => (type === 'OrderCancelled' ? [data.orderId] : []))
  // Those of returns as well: they are changed in the same transaction.
  const skus = new Set(
    events.flatMap((event) =>
      event.type === 'OrderValidated' || event.type === 'ItemsReturned' ? event.data.items.map(({ sku }) => sku) : [],
    ),
  )
  const [reservations, quantitiesByOrder, stock] = await Promise.all([
    tx.query<{ order_id: string; status: ReservationStatus }>(sql.lockReservations, [orderIds]),
    cancelledIds.length === 0 ? new Map<string, Quantities>() : heldBy(tx, cancelledIds),
    tx.query<{ sku: string; available: number }>(sql.lockStock, [[...skus], cancelledIds]),
  ])
  return {
    reservations: new Map(reservations.map(({ order_id, status }) => [order_id, status])),
    heldItems: quantitiesByOrder,
    stock: new Map(stock.map(({ sku, available }) => [sku, available])),
  }
}

async function heldBy(tx: Queryable, orderIds: readonly string[]): Promise<Map<string, Quantities>> {
  const rows = await tx.query<{ order_id: string; sku: string; quantity: number }>(sql.heldItems, [orderIds])
  const quantitiesByOrder = new Map<string, Map<string, number>>()
  for (const { order_id, sku, quantity } of rows) {
    quantitiesByOrder.set(order_id, (quantitiesByOrder.get(order_id) ?? new Map<string, number>()).set(sku, quantity))
  }
  return quantitiesByOrder
}

function write(
  tx: Sending,
  { newReservations, released: releasedIds, sold, reservedItems, deltas }: Allocation,
  customers: ReadonlyMap<string, string>,
  { reservationSeconds, noteChanges }: StockSettings,
): void {
  if (newReservations.size > 0) {
    const orderIds = [...newReservations.keys()]
    const customerIds = orderIds.map((orderId) => customers.get(orderId))
    tx.send(sql.addReservations, [orderIds, [...newReservations.values()], customerIds, reservationSeconds])
  }
  if (reservedItems.size > 0) {
    const rows = [...reservedItems].flatMap(([id, quantities]) =>
      [...quantities].map(([sku, quantity]) => ({ id, sku, quantity })),
    )
    tx.send(sql.addItems, [rows.map(({ id }) => id), rows.map(({ sku }) => sku), rows.map(({ quantity }) => quantity)])
  }
  if (sold.length > 0) tx.send(sql.keepReservations, [sold])
  if (releasedIds.length > 0) tx.send(sql.releaseReservations, [releasedIds])
  const change = noteChanges ? sql.changeStockAndNote : sql.changeStock
  if (deltas.size > 0) tx.send(change, [[...deltas.keys()], [...deltas.values()]])
}

function answerEvent({ cause, missingSkus }: ReservationAnswer, now: Date): OrderEvent {
  const { orderId, customerId, totalCents, currency } = cause.data
  const context = following(cause, '/inventory', now)
  return missingSkus.length === 0
    ? eventOf('StockReserved', { orderId, customerId, totalCents, currency }, context)
    : eventOf('StockRejected', { orderId, customerId, missingSkus: [...missingSkus] }, context)
}
