// Which orders have waited too long, and who may look?
import type { Statement } from '@orderpipeline/kit-postgres'

/** No row: another replica is at it, or has been a moment ago. Let go when the transaction ends, however it ends. */
export const lead: Statement = {
  name: 'deadlines.lead',
  text: `SELECT name FROM sweeps WHERE name = 'deadlines' AND due_at <= now() FOR NO KEY UPDATE SKIP LOCKED`,
}

/** $1: seconds until anybody looks again. */
export const putOff: Statement = {
  name: 'deadlines.put-off',
  text: `UPDATE sweeps SET due_at = now() + make_interval(secs => $1) WHERE name = 'deadlines'`,
}

/** $1, $2, $3: seconds an order may be PLACED, PROCESSING, CONFIRMED; $4: rows at most. Each arm is a range of orders_under_way. */
export const overdueOrders: Statement = {
  name: 'deadlines.overdue',
  text: `
SELECT order_id, customer_id, status, correlation_id
FROM orders
WHERE (status = 'PLACED' AND updated_at < now() - make_interval(secs => $1))
   OR (status = 'PROCESSING' AND updated_at < now() - make_interval(secs => $2))
   OR (status = 'CONFIRMED' AND updated_at < now() - make_interval(secs => $3))
LIMIT $4
FOR NO KEY UPDATE SKIP LOCKED`,
}
