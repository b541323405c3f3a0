// What does a cancellation read and write?
import type { Statement } from '@orderpipeline/postgres'
import type { OrderStatus } from '@orderpipeline/order-events'

export interface OrderRow {
  readonly order_id: string
  readonly customer_id: string
  readonly status: OrderStatus
  readonly correlation_id: string | null
}

/** $1: order id. */
export const lockOrder: Statement = {
  name: 'cancellation.lock-order',
  text: `
SELECT order_id, customer_id, status, correlation_id
FROM orders
WHERE order_id = $1
FOR NO KEY UPDATE`,
}

/**
 * $1: event ids, $2: topics, $3: keys, $4: values, $5: headers as JSON; ids rising in the order
 * given.
 */
export const addToOutbox: Statement = {
  name: 'cancellation.add-to-outbox',
  text: `
INSERT INTO intake_outbox (event_id, topic, key, value, headers)
SELECT event_id, topic, key, value, headers
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[]) WITH ORDINALITY
  AS row (event_id, topic, key, value, headers, position)
ORDER BY position`,
}
