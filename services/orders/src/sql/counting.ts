// How many orders are under way, and which replica counts them?
import type { Statement } from '@orderpipeline/postgres'
import { jobLock } from './job-lock.ts'

export const { tryLock, reschedule } = jobLock('counting')

/** Exactly those that the index orders_under_way holds. */
export const countInProgress: Statement = {
  name: 'orders.count-in-progress',
  text: `
SELECT status, count(*) AS count
FROM orders
WHERE status IN ('PLACED', 'PROCESSING', 'CONFIRMED')
GROUP BY status`,
}

/** $1: orders under way by status, as JSON. */
export const noteCount: Statement = {
  name: 'orders.note-count',
  text: `UPDATE sweeps SET result = $1::jsonb WHERE name = 'counting'`,
}

export const lastCount: Statement = {
  name: 'orders.select-count',
  text: `SELECT result AS counts FROM sweeps WHERE name = 'counting'`,
}
