// What does a decision about the end of an order read of it?
import type { Statement } from '@orderpipeline/postgres'
import type { OrderStatus, Priority } from '@orderpipeline/order-events'

export interface OrderRow {
  readonly order_id: string
  readonly customer_id: string
  readonly status: OrderStatus
  readonly correlation_id: string | null
  readonly priority: Priority
}

/** $1: order id. */
export const lockOrder: Statement = {
  name: 'orders.lock-order',
  text: `
SELECT order_id, customer_id, status, correlation_id, priority
FROM orders
WHERE order_id = $1
FOR NO KEY UPDATE`,
}
