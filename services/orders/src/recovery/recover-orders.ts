// How do orders come back that a restored database has lost? From their events: Kafka has every
// order that the relay had published, its prices, and every end that the orders service had
// decided. What other services had done follows when their stages read the same events again.
//
// Ends are taken over before any stage runs: a customer's cancellation is in no other event, and an
// order whose parcel has left must not be cancelled meanwhile.
import type { Pool, Queryable } from '@orderpipeline/postgres'
import type { EventOf, EventType, OrderEvent, OrderStatus, Topic } from '@orderpipeline/order-events'
import { topicOf } from '@orderpipeline/order-events'
import type { KafkaConnection } from '@orderpipeline/kafka-admin'
import { idRange } from '../sql/id-range.ts'
import { changeParcels, priceItems, recordEvents } from '../sql/stage.ts'
import { historyColumns, statusEntry } from '../stage/timeline.ts'
import { publishedEvents } from './published-events.ts'
import { addOrders, addTotals, endOrders, knownOrders } from '../sql/recovery.ts'

export interface RecoveryOptions {
  readonly database: Pool
  readonly kafka: KafkaConnection
  /** The prefix of topic names. */
  readonly prefix: string
  /** Events that are older are not read. */
  readonly since: Date
  /** Without it nothing is written: the result is what would be. */
  readonly write: boolean
}

export interface RecoveredOrders {
  /** Orders placed since then, by Kafka’s account. */
  readonly placedCount: number
  /** Orders among them that the database did not have. */
  readonly missing: readonly string[]
  /** Missing ones of which no price was published: they cost what their products cost now. */
  readonly unpriced: number
  /** Orders that were under way by the database, and had been cancelled. */
  readonly cancelled: readonly string[]
  /** The same of shipped ones. */
  readonly shipped: readonly string[]
}

/**
 * May be repeated. No stage and no gateway may run. @throws DatabaseError, KafkaUnavailableError
 */
export async function recoverOrders(options: RecoveryOptions): Promise<RecoveredOrders> {
  const { placedCount, missing } = await addMissing(options)
  const priced = await priceMissing(options, missing)
  const cancelled = await endAll(options, missing, 'OrderCancelled', 'CANCELLED')
  const shipped = await endAll(options, missing, 'OrderShipped', 'SHIPPED')
  if (options.write) await addParcels(options, new Set(shipped))
  return { placedCount, missing: [...missing], unpriced: missing.size - priced, cancelled, shipped }
}

async function addMissing(options: RecoveryOptions): Promise<{ placedCount: number; missing: ReadonlySet<string> }> {
  const { database, write } = options
  const missing = new Set<string>()
  const placedIds = new Set<string>()
  for await (const events of eventsOf(options, 'OrderPlaced')) {
    for (const { data } of events) placedIds.add(data.orderId)
    const orders = unique(events)
    const added = write ? await add(database, orders) : await unknownOf(database, orders)
    for (const id of added) missing.add(id)
  }
  return { placedCount: placedIds.size, missing }
}

async function add(database: Queryable, orders: readonly EventOf<'OrderPlaced'>[]): Promise<readonly string[]> {
  const lines = orders.flatMap(({ data }) =>
    data.items.map((item, index) => ({ orderId: data.orderId, line: index + 1, ...item })),
  )
  const rows = await database.query<{ order_id: string }>(addOrders, [
    orders.map(({ data }) => data.orderId),
    orders.map(({ data }) => data.customerId),
    orders.map(({ data }) => data.currency),
    orders.map(({ correlationId }) => correlationId ?? null),
    orders.map(({ time }) => time),
    orders.map(({ id }) => id),
    lines.map(({ orderId }) => orderId),
    lines.map(({ line }) => line),
    lines.map(({ sku }) => sku),
    lines.map(({ quantity }) => quantity),
    orders.map(({ priority }) => priority ?? 'standard'),
  ])
  return rows.map(({ order_id }) => order_id)
}

async function statusesOf(database: Queryable, orders: readonly OrderEvent[]): Promise<Map<string, OrderStatus>> {
  const ids = orders.map(({ data }) => data.orderId)
  const rows = await database.query<{ order_id: string; status: OrderStatus }>(knownOrders, [ids, ...idRange(ids)])
  return new Map(rows.map(({ order_id, status }) => [order_id, status]))
}

async function unknownOf(database: Queryable, orders: readonly OrderEvent[]): Promise<readonly string[]> {
  const statuses = await statusesOf(database, orders)
  return orders.map(({ data }) => data.orderId).filter((id) => !statuses.has(id))
}

/** What was charged, or will be: the provider has it under the order's id. */
async function priceMissing(options: RecoveryOptions, missing: ReadonlySet<string>): Promise<number> {
  const priced = new Set<string>()
  for await (const events of eventsOf(options, 'OrderValidated')) {
    const orders = unique(events).filter(({ data }) => missing.has(data.orderId))
    for (const { data } of orders) priced.add(data.orderId)
    if (!options.write || orders.length === 0) continue
    const lines = orders.flatMap(({ data }) => data.items.map((item) => ({ orderId: data.orderId, ...item })))
    const ids = orders.map(({ data }) => data.orderId)
    const range = idRange(ids)
    await options.database.transaction(async (tx) => {
      await tx.query(addTotals, [ids, orders.map(({ data }) => data.totalCents), ...range])
      await tx.query(priceItems, [
        lines.map(({ orderId }) => orderId),
        lines.map(({ sku }) => sku),
        lines.map(({ unitPriceCents }) => unitPriceCents),
        ...range,
      ])
    })
  }
  return priced.size
}

async function endAll(
  options: RecoveryOptions,
  missing: ReadonlySet<string>,
  type: 'OrderCancelled' | 'OrderShipped',
  status: 'CANCELLED' | 'SHIPPED',
): Promise<readonly string[]> {
  const ended = new Set<string>()
  for await (const events of eventsOf(options, type)) {
    const orders = unique(events)
    const changed = options.write
      ? await end(options.database, orders, status)
      : await unendedOf(options.database, orders, missing)
    for (const id of changed) ended.add(id)
  }
  return [...ended]
}

type EndEvent = EventOf<'OrderCancelled'> | EventOf<'OrderShipped'>

function end(database: Pool, orders: readonly EndEvent[], status: 'CANCELLED' | 'SHIPPED'): Promise<readonly string[]> {
  const ids = orders.map(({ data }) => data.orderId)
  const reasons = orders.map((event) => (event.type === 'OrderCancelled' ? event.data.reason : null))
  return database.transaction(async (tx) => {
    const rows = await tx.query<{ order_id: string }>(endOrders, [ids, status, reasons, ...idRange(ids)])
    const changed = new Set(rows.map(({ order_id }) => order_id))
    const entries = orders
      .filter(({ data }) => changed.has(data.orderId))
      .map((event) => {
        const reason = event.type === 'OrderCancelled' ? { reason: event.data.reason } : {}
        return statusEntry(event.data.orderId, { status, ...reason }, event.id, new Date(event.time))
      })
    if (entries.length > 0) await tx.query(recordEvents, historyColumns(entries))
    return [...changed]
  })
}

async function unendedOf(
  database: Queryable,
  orders: readonly EndEvent[],
  missing: ReadonlySet<string>,
): Promise<readonly string[]> {
  const statuses = await statusesOf(database, orders)
  const isUnended = (id: string) =>
    missing.has(id) || ['PLACED', 'PROCESSING', 'HELD', 'CONFIRMED'].includes(statuses.get(id) ?? '')
  return orders.map(({ data }) => data.orderId).filter(isUnended)
}

async function addParcels(options: RecoveryOptions, shipped: ReadonlySet<string>): Promise<void> {
  for await (const events of eventsOf(options, 'OrderStatusChanged')) {
    const parcels = events.flatMap(({ data: { orderId, status, parcel } }) =>
      status === 'SHIPPED' && parcel && shipped.has(orderId) ? [{ orderId, parcel }] : [],
    )
    if (parcels.length === 0) continue
    const ids = parcels.map(({ orderId }) => orderId)
    const values = parcels.map(({ parcel }) => JSON.stringify({ ...parcel, status: 'UNDERWAY' }))
    await options.database.query(changeParcels, [ids, values, ...idRange(ids)])
  }
}

async function* eventsOf<T extends EventType>(
  { kafka, prefix, since }: RecoveryOptions,
  type: T,
): AsyncGenerator<readonly Extract<OrderEvent, { type: T }>[]> {
  const topic: Topic = topicOf(type)
  for await (const events of publishedEvents(kafka, prefix, topic, since)) {
    const own = events.filter((event): event is Extract<OrderEvent, { type: T }> => event.type === type)
    if (own.length > 0) yield own
  }
}

/** One event for each order, the first. */
function unique<E extends OrderEvent>(events: readonly E[]): readonly E[] {
  return [...new Map(events.toReversed().map((event) => [event.data.orderId, event])).values()]
}
