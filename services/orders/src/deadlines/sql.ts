// Which orders have waited too long, and who may look?
import type { Statement } from '@orderpipeline/kit-postgres'
import { sweep } from '../sweeps.ts'

export const { lead, putOff } = sweep('deadlines')

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
