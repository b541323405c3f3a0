// How do many orders become durable in one commit? One statement writes orders, lines, idempotency
// keys, first status and outbox rows from arrays. A row that the database refuses, or whose key
// another transaction is just taking, is found by halving and fails alone.
import { databaseError } from '@orderpipeline/postgres'
import type { DatabaseError, Queryable } from '@orderpipeline/postgres'
import { withPriority } from '@orderpipeline/order-events'
import { insertOrders } from '../sql/place-orders.ts'
import { IdempotencyInFlightError, IntakeUnavailableError, OrderRefusedError } from './errors.ts'
import type { NewOrder } from './new-order.ts'
import { priced, pricesFor } from './pricing.ts'
import type { PricedOrder } from './pricing.ts'
import { placedBefore } from './repeats.ts'
import type { Placement } from './repeats.ts'
import { traceIdOf } from './trace-id.ts'

/**
 * How long to wait for a transaction that is about to commit an order under the same key: many
 * times what a commit takes.
 */
export const patienceMs = 500
/** The same for a part of a batch that has waited in vain before. */
const searchingMs = 50

/** One answer per order, in order. Never rejects: a failure is the answer of those it concerns. */
export async function placeOrders(
  database: Queryable,
  orders: readonly NewOrder[],
  contendedAttempts = 3,
  waitMs = patienceMs,
): Promise<(Placement | Error)[]> {
  try {
    const prices = await pricesFor(database, orders)
    const costs = orders.map((order) => priced(order, prices))
    const sold = costs.flatMap((cost) => (cost instanceof Error ? [] : [cost]))
    const placedIds = sold.length === 0 ? new Set() : await insert(database, sold, waitMs)
    const rest = orders.filter((order) => !placedIds.has(order.orderId))
    const repeats = await placedBefore(database, rest)
    return orders.map((order, index): Placement | Error => {
      if (placedIds.has(order.orderId)) return { orderId: order.orderId, repeated: false }
      // A repeat is answered as the first was, whatever its products cost by now.
      const repeat = repeats.get(order)
      if (repeat) return repeat
      const cost = costs[index]
      return cost instanceof Error
        ? cost
        : new IntakeUnavailableError('the idempotency key belonged to an order that was rolled back')
    })
  } catch (error) {
    const failure = databaseError(error)
    const keyInFlight = waitsForKey(failure)
    if (!keyInFlight && failure.reason === 'Contended' && contendedAttempts > 1)
      return placeOrders(database, orders, contendedAttempts - 1, waitMs)
    if (!keyInFlight && failure.reason !== 'Rejected') {
      const unavailable = new IntakeUnavailableError('the order database does not answer', { cause: failure })
      return orders.map(() => unavailable)
    }
    if (orders.length === 1)
      return [
        keyInFlight
          ? new IdempotencyInFlightError('the order under this Idempotency-Key is being placed', { cause: failure })
          : new OrderRefusedError('the order cannot be stored', { cause: failure }),
      ]
    const middle = Math.ceil(orders.length / 2)
    const partWaitMs = keyInFlight ? searchingMs : waitMs
    return [
      ...(await placeOrders(database, orders.slice(0, middle), contendedAttempts, partWaitMs)),
      ...(await placeOrders(database, orders.slice(middle), contendedAttempts, partWaitMs)),
    ]
  }
}

/** Lock not available. */
const lockTimedOut = '55P03'

/**
 * The statement waited in vain for the end of a transaction that has taken one of its keys: the
 * server names the table it waits in.
 */
function waitsForKey({ code, cause }: DatabaseError): boolean {
  const where = cause instanceof Error && 'where' in cause ? String(cause.where) : ''
  return code === lockTimedOut && where.includes('idempotency_keys')
}

async function insert(
  database: Queryable,
  orders: readonly PricedOrder[],
  waitMs: number,
): Promise<ReadonlySet<string>> {
  const lines = orders.flatMap(({ orderId, request, unitPrices }) =>
    request.items.map((item, index) => ({ orderId, line: index + 1, unitPrice: unitPrices[index], ...item })),
  )
  const rows = await database.query<{ order_id: string }>(insertOrders, [
    orders.map((order) => order.orderId),
    orders.map((order) => order.request.customerId),
    orders.map((order) => order.request.currency),
    orders.map((order) => order.request.correlationId ?? null),
    orders.map((order) => order.request.idempotencyKey ?? null),
    orders.map((order) => order.requestHash),
    orders.map((order) => order.event.id),
    orders.map((order) => order.event.topic),
    orders.map((order) => order.event.key),
    orders.map((order) => order.event.value),
    orders.map(({ event, priority }) => JSON.stringify(withPriority(event.headers, priority))),
    lines.map((line) => line.orderId),
    lines.map((line) => line.line),
    lines.map((line) => line.sku),
    lines.map((line) => line.quantity),
    String(waitMs),
    lines.map((line) => line.unitPrice),
    orders.map((order) => order.totalCents),
    orders.map((order) => traceIdOf(order.request.traceparent) ?? null),
    orders.map((order) => order.priority),
  ])
  return new Set(rows.map((row) => row.order_id))
}
