// Where are orders read? From a replica where there is one, with the primary asked about what the replica does not know
// yet: whoever was just told an order's id must find it.
import type { Queryable } from '@orderpipeline/kit-postgres'
import {
  orderById,
  ordersOfCustomer,
  progressOf,
  statusesById,
  type OrderProgress,
  type OrderSummary,
  type OrderView,
  type StatusView,
} from '@orderpipeline/orders/queries'

/** With a customer, another's orders are not there. @throws DatabaseError */
export interface OrderReader {
  byId(orderId: string, customer: string | undefined): Promise<OrderView | undefined>
  statuses(orderIds: readonly string[], customer: string | undefined): Promise<readonly StatusView[]>
  /** Newest first, those older than `before`. */
  ofCustomer(
    customer: string,
    before: string | undefined,
    limit: number,
  ): Promise<{ readonly orders: readonly OrderSummary[]; readonly more: boolean }>
  progress(orderIds: readonly string[], customer: string | undefined): Promise<readonly OrderProgress[]>
}

export function orderReader(primary: Queryable, replica: Queryable | undefined): OrderReader {
  const near = replica ?? primary
  /** What the near one does not have is asked of the primary, in one more query at most. */
  const each = async <Found extends { readonly orderId: string }>(
    orderIds: readonly string[],
    read: (from: Queryable, ids: readonly string[]) => Promise<readonly Found[]>,
  ): Promise<readonly Found[]> => {
    const found = await read(near, orderIds)
    if (!replica || found.length === orderIds.length) return found
    const known = new Set(found.map(({ orderId }) => orderId))
    const missing = orderIds.filter((id) => !known.has(id))
    return [...found, ...(await read(primary, missing))]
  }
  return {
    byId: async (orderId, customer) =>
      (await orderById(near, orderId, customer)) ?? (replica && (await orderById(primary, orderId, customer))),
    statuses: (orderIds, customer) => each(orderIds, (from, ids) => statusesById(from, ids, customer)),
    ofCustomer: async (customer, before, limit) => {
      const found = await ordersOfCustomer(near, customer, before, limit + 1)
      return { orders: found.slice(0, limit), more: found.length > limit }
    },
    progress: (orderIds, customer) => each(orderIds, (from, ids) => progressOf(from, ids, customer)),
  }
}
