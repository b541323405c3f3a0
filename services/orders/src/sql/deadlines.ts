// Which orders have waited too long, who may look, and does what they wait for move?
import type { Statement } from '@orderpipeline/postgres'
import { jobLock } from './job-lock.ts'

export const { tryLock, reschedule } = jobLock('deadlines')

/**
 * $1: states that orders have just left in the normal way, $2, in the same order: seconds without
 * that after which a state counts as stalled. Noted once in five seconds at most; one row a
 * statement would do, so the rows are locked in one order.
 */
export const noteProgress: Statement = {
  name: 'orders.note-progress',
  text: `
WITH moved AS MATERIALIZED (
  SELECT status, stalled_after
  FROM deadline_progress JOIN unnest($1::text[], $2::float8[]) AS left_by (status, stalled_after) USING (status)
  WHERE last_at < now() - interval '5 seconds'
  ORDER BY status
  FOR UPDATE OF deadline_progress
)
UPDATE deadline_progress AS progress
SET last_at = now(),
    resumed_at = CASE
      WHEN last_at < now() - make_interval(secs => stalled_after) THEN now()
      ELSE resumed_at
    END
FROM moved
WHERE progress.status = moved.status`,
}

/**
 * $1: states, $2: their deadlines, $3: after how long without progress each counts as stalled, $4:
 * how much longer an order may wait while its state stalls; seconds. Orders that came into the
 * state before `before` are overdue.
 */
export const overdueBefore: Statement = {
  name: 'orders.select-cutoffs',
  text: `
SELECT
  status,
  held,
  now() - make_interval(secs => CASE WHEN held THEN deadline + $4::float8 ELSE deadline END) AS before
FROM (
  SELECT
    status,
    deadline,
    last_at < now() - make_interval(secs => stalled_after) OR resumed_at > now() - make_interval(secs => deadline) AS held
  FROM unnest($1::text[], $2::float8[], $3::float8[]) AS given (status, deadline, stalled_after)
  JOIN deadline_progress USING (status)
) AS state`,
}

/**
 * $1, $2, $3: orders that are PLACED, PROCESSING, CONFIRMED since before then; $4: rows at most.
 * Each arm is a range of orders_under_way.
 */
export const overdueOrders: Statement = {
  name: 'orders.select-overdue',
  text: `
SELECT order_id, customer_id, status, correlation_id, priority
FROM orders
WHERE (status = 'PLACED' AND updated_at < $1::timestamptz)
   OR (status = 'PROCESSING' AND updated_at < $2::timestamptz)
   OR (status = 'CONFIRMED' AND updated_at < $3::timestamptz)
LIMIT $4
FOR NO KEY UPDATE SKIP LOCKED`,
}
