// Was an order placed before under its idempotency key? One query for many orders.
import type { Queryable } from '@orderpipeline/postgres'
import { selectKeys } from '../sql/idempotency-keys.ts'
import { IdempotencyConflictError } from './errors.ts'
import { keyOf } from './new-order.ts'
import type { OrderRequest } from './new-order.ts'

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
  return new Map(
    keyedOrders.flatMap((order): [Order, Placement | IdempotencyConflictError][] => {
      const key = rowsByKey.get(keyOf(order.request) ?? '')
      return key ? [[order, repeatOf(order, key)]] : []
    }),
  )
}

function repeatOf({ requestHash }: KeyedOrder, key: KnownKey): Placement | IdempotencyConflictError {
  if (key.request_hash === requestHash) return { orderId: key.order_id, repeated: true }
  return new IdempotencyConflictError('this Idempotency-Key was used before with another order')
}
