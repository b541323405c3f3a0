// Which orders has a customer? Newest first, a page at a time. Order ids are uuids of version 7,
// which begin with the time, so the id alone says where a page ends and the next begins, and no
// page costs more than the first.
import type { Queryable } from '@orderpipeline/postgres'
import type { CancellationReason, OrderStatus } from '@orderpipeline/order-events'
import { selectOrderPage } from '../sql/order-views.ts'

export interface OrderSummary {
  readonly orderId: string
  readonly status: OrderStatus
  readonly reason?: CancellationReason
  readonly currency: string
  readonly totalCents?: number
  readonly placedAt: string
  readonly updatedAt: string
}

/** `before`: the id of an order; only older ones are given. @throws DatabaseError */
export async function ordersOfCustomer(
  database: Queryable,
  customerId: string,
  before: string | undefined,
  limit: number,
): Promise<readonly OrderSummary[]> {
  const rows = await database.query<{ view: OrderSummary }>(selectOrderPage, [customerId, before ?? null, limit])
  return rows.map((row) => row.view)
}
