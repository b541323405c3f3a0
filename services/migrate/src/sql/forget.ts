// What of a customer is deleted, what is kept under a pseudonym, and what has to end before?

type ServiceStatement = readonly [service: string, text: string]

/** $1: the customer, $2: rows at most. */
export const selectOrders = 'SELECT order_id FROM orders WHERE customer_id = $1 ORDER BY order_id LIMIT $2'

/** $1: the customer. One order each that is reason to wait. */
export const stillServed: readonly (readonly [...ServiceStatement, what: string])[] = [
  [
    'orders',
    `SELECT order_id FROM orders WHERE customer_id = $1 AND status NOT IN ('SHIPPED', 'CANCELLED') LIMIT 1`,
    'an order in progress',
  ],
  ['payment', 'SELECT order_id FROM refunds_due WHERE customer_id = $1 LIMIT 1', 'a refund that is due'],
  [
    'payment',
    `SELECT order_id FROM partial_refunds WHERE customer_id = $1 AND status = 'DUE' LIMIT 1`,
    'a refund of a part that is due',
  ],
  ['payment', `SELECT order_id FROM disputes WHERE customer_id = $1 AND status = 'OPEN' LIMIT 1`, 'an open dispute'],
  [
    'payment',
    'SELECT order_id FROM charges_pending WHERE customer_id = $1 LIMIT 1',
    'a charge that the bank has not decided',
  ],
]

/** $1: order ids, $2: the pseudonym. */
export const ofOrders: readonly ServiceStatement[] = [
  ['inventory', 'UPDATE reservations SET customer_id = $2 WHERE order_id = ANY ($1::uuid[])'],
  ['payment', 'UPDATE payments SET customer_id = $2 WHERE order_id = ANY ($1::uuid[])'],
  ['payment', 'UPDATE partial_refunds SET customer_id = $2 WHERE order_id = ANY ($1::uuid[])'],
  ['payment', 'UPDATE disputes SET customer_id = $2 WHERE order_id = ANY ($1::uuid[])'],
  // A tracking number leads to the person who got the parcel.
  ['shipping', 'DELETE FROM parcels WHERE order_id = ANY ($1::uuid[]) AND $2::text IS NOT NULL'],
  ['shipping', 'UPDATE shipments SET customer_id = $2 WHERE order_id = ANY ($1::uuid[])'],
  ['notification', 'DELETE FROM notifications WHERE order_id = ANY ($1::uuid[]) AND $2::text IS NOT NULL'],
  ['payment_provider', 'UPDATE charges SET customer_id = $2 WHERE order_id = ANY ($1::uuid[])'],
  // A person wrote them, and may have written about the customer.
  ['orders', `UPDATE staff_acts SET reason = '(erased)' WHERE order_id = ANY ($1::uuid[]) AND $2::text IS NOT NULL`],
  // Why staff refunded a part is free text, in which a customer may be named.
  [
    'orders',
    `UPDATE orders SET customer_id = $2, parcel = NULL, refunds = (
       SELECT jsonb_agg(refund || CASE WHEN refund ? 'by' THEN '{"reason": "erased"}'::jsonb ELSE '{}' END ORDER BY place)
       FROM jsonb_array_elements(refunds) WITH ORDINALITY AS each (refund, place))
     WHERE order_id = ANY ($1::uuid[])`,
  ],
]

/** $1: the customer, who may be called by a mail address. */
export const ofCustomer: readonly ServiceStatement[] = [
  ['orders', 'DELETE FROM idempotency_keys WHERE customer_id = $1'],
  // With consents, browsers and codes for their number.
  ['notification', 'DELETE FROM preferences WHERE customer_id = $1'],
  ['notification', 'DELETE FROM mails WHERE recipient = $1 OR customer_id = $1'],
]
