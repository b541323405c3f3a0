// What does a service write where each order has statements of its own? Into the platform's own
// tables: the chain uses them, and the job queue that the platform is compared with.

function statement(name: string, text: string) {
  return { name: `chain.${name}`, text }
}

export const statements = {
  order: statement(
    'order',
    `INSERT INTO orders (order_id, customer_id, currency, status, total_cents)
     SELECT $1::uuid, $2::text, 'EUR', 'PROCESSING', sum(quantity * price_cents)
     FROM unnest($3::text[], $4::int[]) AS line (sku, quantity) JOIN products USING (sku)
     RETURNING total_cents`,
  ),
  items: statement(
    'items',
    `INSERT INTO order_items (order_id, line, sku, quantity)
     SELECT $1::uuid, line, sku, quantity FROM unnest($2::text[], $3::int[]) WITH ORDINALITY AS given (sku, quantity, line)`,
  ),
  shipped: statement('shipped', `UPDATE orders SET status = 'SHIPPED', updated_at = now() WHERE order_id = $1::uuid`),
  lockStock: statement('lock-stock', 'SELECT FROM stock WHERE sku = ANY ($1::text[]) ORDER BY sku FOR NO KEY UPDATE'),
  reserve: statement(
    'reserve',
    `UPDATE stock SET available = available - quantity
     FROM unnest($1::text[], $2::bigint[]) AS line (sku, quantity) WHERE stock.sku = line.sku`,
  ),
  reservation: statement(
    'reservation',
    `INSERT INTO reservations (order_id, customer_id, status) VALUES ($1::uuid, $2, 'RESERVED')`,
  ),
  reservedItems: statement(
    'reserved-items',
    `INSERT INTO reservation_items (order_id, sku, quantity) SELECT $1::uuid, * FROM unnest($2::text[], $3::int[])`,
  ),
  payment: statement(
    'payment',
    `INSERT INTO payments (order_id, customer_id, amount_cents, currency, status, charge_id)
     VALUES ($1::uuid, $2, $3, $4, 'CAPTURED', $5)`,
  ),
  shipment: statement(
    'shipment',
    `INSERT INTO shipments (order_id, customer_id, status, shipment_id, items)
     VALUES ($1::uuid, $2, 'DISPATCHED', $3::uuid, $4::jsonb)`,
  ),
  notification: statement(
    'notification',
    `INSERT INTO notifications (order_id, status, customer_id) VALUES ($1::uuid, 'SHIPPED', $2)`,
  ),
}
