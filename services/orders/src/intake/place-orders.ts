// How do many orders become durable in one commit? One statement writes orders, lines, idempotency keys, first status
// and outbox rows from arrays. A row the database refuses, or whose key somebody else is just taking, is found by halving and
// fails alone.
import { databaseError, type DatabaseError, type Queryable } from '@orderpipeline/kit-postgres'
import { IdempotencyConflict, IdempotencyInFlight, IntakeUnavailable, OrderRefused } from './errors.ts'
import { keyOf, type NewOrder } from './new-order.ts'

/** `repeated`: the key was known with the same order, whose id this is. */
export interface Placement {
  readonly orderId: string
  readonly repeated: boolean
}

/** How long is waited for whoever is about to commit an order under the same key: many times what a commit takes. */
export const patienceMs = 500
/** The same for a part of a batch that was seen to wait in vain. */
const searchingMs = 50

/** One answer per order, in order. Never rejects: a failure is the answer of those it concerns. */
export async function placeOrders(
  database: Queryable,
  orders: readonly NewOrder[],
  contendedAttempts = 3,
  waitMs = patienceMs,
): Promise<(Placement | Error)[]> {
  try {
    const placed = await insert(database, orders, waitMs)
    const rest = orders.filter((order) => !placed.has(order.orderId))
    const known = rest.length === 0 ? new Map<string, KnownKey>() : await knownKeys(database, rest)
    return orders.map((order) =>
      placed.has(order.orderId) ? { orderId: order.orderId, repeated: false } : repeatOf(order, known),
    )
  } catch (error) {
    const failure = databaseError(error)
    const keyInFlight = waitsForKey(failure)
    if (!keyInFlight && failure.reason === 'Contended' && contendedAttempts > 1)
      return placeOrders(database, orders, contendedAttempts - 1, waitMs)
    if (!keyInFlight && failure.reason !== 'Rejected') {
      const unavailable = new IntakeUnavailable('the order database does not answer', { cause: failure })
      return orders.map(() => unavailable)
    }
    if (orders.length === 1)
      return [
        keyInFlight
          ? new IdempotencyInFlight('the order under this Idempotency-Key is being placed', { cause: failure })
          : new OrderRefused('the order cannot be stored', { cause: failure }),
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

/** The statement waited in vain for the end of a transaction that has taken one of its keys: the server names the table it waits in. */
function waitsForKey({ code, cause }: DatabaseError): boolean {
  const where = cause instanceof Error && 'where' in cause ? String(cause.where) : ''
  return code === lockTimedOut && where.includes('idempotency_keys')
}

function repeatOf(order: NewOrder, known: ReadonlyMap<string, KnownKey>): Placement | Error {
  const key = known.get(keyOf(order.request) ?? '')
  if (!key) return new IntakeUnavailable('the idempotency key was taken by an order that is gone again')
  if (key.request_hash !== order.requestHash)
    return new IdempotencyConflict('this Idempotency-Key was used before with another order')
  return { orderId: key.order_id, repeated: true }
}

async function insert(database: Queryable, orders: readonly NewOrder[], waitMs: number): Promise<ReadonlySet<string>> {
  const lines = orders.flatMap(({ orderId, request }) =>
    request.items.map((item, index) => ({ orderId, line: index + 1, ...item })),
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
    orders.map((order) => order.event.headers),
    lines.map((line) => line.orderId),
    lines.map((line) => line.line),
    lines.map((line) => line.sku),
    lines.map((line) => line.quantity),
    String(waitMs),
  ])
  return new Set(rows.map((row) => row.order_id))
}

interface KnownKey {
  readonly customer_id: string
  readonly idempotency_key: string
  readonly order_id: string
  readonly request_hash: string
}

/** In a statement of its own, so that it sees what another gateway committed while ours waited for that key. */
async function knownKeys(database: Queryable, orders: readonly NewOrder[]): Promise<ReadonlyMap<string, KnownKey>> {
  const rows = await database.query<KnownKey>(selectKeys, [
    orders.map((order) => order.request.customerId),
    orders.map((order) => order.request.idempotencyKey ?? ''),
  ])
  return new Map(rows.map((row) => [JSON.stringify([row.customer_id, row.idempotency_key]), row]))
}

/*
 * NOT IN over a CTE is a hashed subplan whatever the planner believes of array sizes; a join of the same could become
 * a nested loop, quadratic in the batch. Keys go in sorted, or two gateways with the same keys could each wait for
 * the other.
 *
 * Whoever has a key's row is waited for until their transaction ends, with it gone or there to stay, but for $16 milliseconds at most:
 * the time-out is this statement's own, and in force before its first row is read.
 */
const insertOrders = {
  name: 'intake_insert_orders',
  text: `
WITH patience AS MATERIALIZED (
  SELECT set_config('lock_timeout', $16, true)
), input AS MATERIALIZED (
  SELECT t.* FROM patience, unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::uuid[], $8::text[], $9::text[], $10::text[], $11::text[]
  ) WITH ORDINALITY AS t (
    order_id, customer_id, currency, correlation_id, idempotency_key, request_hash,
    event_id, topic, key, value, headers, position
  )
), taken AS (
  INSERT INTO idempotency_keys (customer_id, idempotency_key, order_id, request_hash)
  SELECT customer_id, idempotency_key, order_id, request_hash FROM input
  WHERE idempotency_key IS NOT NULL
  ORDER BY customer_id, idempotency_key, position
  ON CONFLICT DO NOTHING
  RETURNING order_id
), repeated AS MATERIALIZED (
  SELECT order_id FROM input
  WHERE idempotency_key IS NOT NULL AND order_id NOT IN (SELECT order_id FROM taken)
), fresh AS MATERIALIZED (
  SELECT * FROM input WHERE order_id NOT IN (SELECT order_id FROM repeated)
), lines AS (
  INSERT INTO order_items (order_id, line, sku, quantity)
  SELECT * FROM unnest($12::uuid[], $13::smallint[], $14::text[], $15::int[]) AS t (order_id, line, sku, quantity)
  WHERE order_id NOT IN (SELECT order_id FROM repeated)
), history AS (
  INSERT INTO order_events (order_id, status, event_id)
  SELECT order_id, 'PLACED', event_id FROM fresh
), events AS (
  INSERT INTO intake_outbox (event_id, topic, key, value, headers)
  SELECT event_id, topic, key, value, headers::jsonb FROM fresh ORDER BY position
)
INSERT INTO orders (order_id, customer_id, currency, correlation_id)
SELECT order_id, customer_id, currency, correlation_id FROM fresh
RETURNING order_id`,
}

const selectKeys = {
  name: 'intake_select_keys',
  text: `
SELECT customer_id, idempotency_key, order_id, request_hash FROM idempotency_keys
WHERE (customer_id, idempotency_key) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
}
