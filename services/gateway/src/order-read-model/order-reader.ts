// Where are orders read? Lists come from a replica where there is one. A single order comes from
// the replica too, once it is final there; until then from the primary, since a replica that lags
// would show it older than the caller may already have seen it.
import type { Queryable } from '@orderpipeline/postgres'
import {
  isFinal,
  isTerminal,
  orderById,
  ordersOfCustomer,
  progressOf,
  statusesById,
} from '@orderpipeline/orders/queries'
import type { OrderProgress, OrderSummary, OrderView, StatusView } from '@orderpipeline/orders/queries'
import type { ReadReplica } from './replica.ts'

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

/** `paidOrdersChange`: refunds of parts and disputes may change a paid order months later. */
export function orderReader(
  primary: Queryable,
  replica: ReadReplica | undefined,
  paidOrdersChange = false,
): OrderReader {
  return {
    byId: async (orderId, customer) => {
      const before = await replica?.ask((from) => orderById(from, orderId, customer))
      return before && isFinal(before, paidOrdersChange) ? before : orderById(primary, orderId, customer)
    },
    statuses: async (orderIds, customer) => {
      const before = (await replica?.ask((from) => statusesById(from, orderIds, customer))) ?? []
      const endedOrders = new Map(before.filter(({ status }) => isTerminal(status)).map((view) => [view.orderId, view]))
      const others = orderIds.filter((orderId) => !endedOrders.has(orderId.toLowerCase()))
      return others.length === 0
        ? [...endedOrders.values()]
        : [...endedOrders.values(), ...(await statusesById(primary, others, customer))]
    },
    ofCustomer: async (customer, before, limit) => {
      const page = (from: Queryable) => ordersOfCustomer(from, customer, before, limit + 1)
      const rows = (await replica?.ask(page)) ?? (await page(primary))
      return { orders: rows.slice(0, limit), more: rows.length > limit }
    },
    progress: (orderIds, customer) => progressOf(primary, orderIds, customer),
  }
}
