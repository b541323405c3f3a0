// Was an order placed before under its idempotency key? One query for many orders. A repeat is
// recognized by its hash, or by the lines of the first order, where they came in another order.
import type { Queryable } from '@orderpipeline/postgres'
import { selectKeyedOrders, selectKeys } from '../sql/idempotency-keys.ts'
import { idRange } from '../sql/id-range.ts'
import { IdempotencyConflictError } from './errors.ts'
import { isSameOrder, keyOf } from './new-order.ts'
import type { OrderContent, OrderRequest } from './new-order.ts'

/** `repeated`: the key was stored with the same order, whose id this is. */
export interface Placement {
  readonly orderId: string
  readonly repeated: boolean
}

/** An order that may have been placed before. */
export interface KeyedOrder {
  readonly request: OrderRequest
  readonly requestHash: string
}

interface KnownKey {
  readonly customer_id: string
  readonly idempotency_key: string
  readonly order_id: string
  readonly request_hash: string
}

/**
 * The orders whose key is stored: the order it belongs to, or the conflict with another one. In a
 * statement of its own, so that it sees what another gateway committed while ours waited for that
 * key. @throws DatabaseError
 */
export async function placedBefore<Order extends KeyedOrder>(
  database: Queryable,
  orders: readonly Order[],
): Promise<ReadonlyMap<Order, Placement | IdempotencyConflictError>> {
  const keyedOrders = orders.filter(({ request }) => request.idempotencyKey !== undefined)
  if (keyedOrders.length === 0) return new Map()
  const rows = await database.query<KnownKey>(selectKeys, [
    keyedOrders.map(({ request }) => request.customerId),
    keyedOrders.map(({ request }) => request.idempotencyKey),
  ])
  const rowsByKey = new Map(rows.map((row) => [JSON.stringify([row.customer_id, row.idempotency_key]), row]))
  const keys = new Map(
    keyedOrders.flatMap((order) => {
      const key = rowsByKey.get(keyOf(order.request) ?? '')
      return key ? [[order, key] as const] : []
    }),
  )
  const hasSameHash = ({ requestHash }: Order, key: KnownKey): boolean => key.request_hash === requestHash
  const others = [...keys].flatMap(([order, key]) => (hasSameHash(order, key) ? [] : [key.order_id]))
  const contents = await contentsOf(database, others)
  return new Map(
    [...keys].map(([order, key]): [Order, Placement | IdempotencyConflictError] => {
      const content = contents.get(key.order_id)
      if (hasSameHash(order, key) || (content && isSameOrder(content, order.request)))
        return [order, { orderId: key.order_id, repeated: true }]
      return [order, new IdempotencyConflictError('this Idempotency-Key was used before with another order')]
    }),
  )
}

async function contentsOf(
  database: Queryable,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, OrderContent>> {
  if (orderIds.length === 0) return new Map()
  const rows = await database.query<OrderContent & { readonly order_id: string }>(selectKeyedOrders, [
    orderIds,
    ...idRange(orderIds),
  ])
  return new Map(rows.map((row) => [row.order_id, row]))
}
