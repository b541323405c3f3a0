// What does it take to release held orders whose rows are locked? Their rows, their history, the
// outcome of their holds, and what the relay publishes: the reservation that the payment waits for.
import type { Queryable } from '@orderpipeline/postgres'
import { encode, encodeCleared, eventId } from '@orderpipeline/order-events'
import type { OrderItem, OrderStatus } from '@orderpipeline/order-events'
import type { CancellationContext } from '../cancellation/write-cancellations.ts'
import { source } from '../event-source.ts'
import { closeHolds } from '../sql/holds.ts'
import type { HeldRow } from '../sql/holds.ts'
import { idRange } from '../sql/id-range.ts'
import { publishByOutbox } from '../outbox.ts'
import { changeOrders, itemsOf, recordEvents } from '../sql/stage.ts'
import { released } from '../stage/saga.ts'
import type { Release } from '../stage/saga.ts'
import { historyColumns, releaseEntries } from '../stage/timeline.ts'

interface Releasing {
  readonly orderId: string
  readonly release: Release
}

export interface ReleasedOrder {
  readonly orderId: string
  readonly status: OrderStatus
}

/**
 * Returns the orders that were released: all but those that have no stock yet. `orders`: HELD, and
 * locked by this transaction before they were read. @throws DatabaseError
 */
export async function writeReleases(
  tx: Queryable,
  orders: readonly HeldRow[],
  by: 'STAFF' | 'TIME',
  context: CancellationContext,
  keyedByOrder?: (topic: string) => boolean,
): Promise<readonly ReleasedOrder[]> {
  const items = await itemsOfCaptured(tx, orders)
  const releases = orders.flatMap((order): Releasing[] => {
    const release = released(heldOrderOf(order, items), eventContext(order, context))
    return release ? [{ orderId: order.order_id, release }] : []
  })
  const ids = releases.map(({ orderId }) => orderId)
  if (ids.length === 0) return []
  const none = releases.map(() => null)
  await tx.query(changeOrders, [ids, releases.map(({ release }) => release.status), none, none, ...idRange(ids)])
  await tx.query(closeHolds, [ids, 'RELEASED', by, context.now])
  const history = releases.flatMap(({ orderId, release }) =>
    releaseEntries(orderId, release.status, eventId('StockReserved', orderId, 'released'), context.now),
  )
  await tx.query(recordEvents, historyColumns(history))
  await publish(tx, releases, keyedByOrder)
  return releases.map(({ orderId, release: { status } }) => ({ orderId, status }))
}

async function publish(
  tx: Queryable,
  releases: readonly Releasing[],
  keyedByOrder: ((topic: string) => boolean) | undefined,
): Promise<void> {
  const messages = releases.flatMap(({ release: { cleared, events } }) => [
    ...(cleared ? [{ id: cleared.id, ...encodeCleared(cleared, keyedByOrder) }] : []),
    ...events.map((event) => ({ id: event.id, ...encode(event, keyedByOrder) })),
  ])
  await publishByOutbox(tx, messages)
}

/** Only those that are charged already are confirmed by their release. */
async function itemsOfCaptured(tx: Queryable, orders: readonly HeldRow[]): Promise<Map<string, OrderItem[]>> {
  const ids = orders.filter(({ is_captured }) => is_captured).map(({ order_id }) => order_id)
  const items = new Map<string, OrderItem[]>()
  if (ids.length === 0) return items
  for (const { order_id, ...item } of await tx.query<OrderItem & { order_id: string }>(itemsOf, [ids, ...idRange(ids)]))
    items.set(order_id, [...(items.get(order_id) ?? []), item])
  return items
}

function heldOrderOf(row: HeldRow, items: ReadonlyMap<string, readonly OrderItem[]>) {
  return {
    orderId: row.order_id,
    customerId: row.customer_id,
    currency: row.currency,
    totalCents: row.total_cents ?? undefined,
    items: items.get(row.order_id) ?? [],
    isReserved: row.is_reserved,
    isCaptured: row.is_captured,
  }
}

function eventContext({ correlation_id: ownId, priority }: HeldRow, context: CancellationContext) {
  return { ...context, source, correlationId: ownId ?? context.correlationId, priority }
}
