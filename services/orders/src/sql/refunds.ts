// Which cancelled orders were paid and have no refund in their history, and how far has that been
// checked?
import type { Statement } from '@orderpipeline/postgres'
import { jobLock } from './job-lock.ts'

export const { tryLock, reschedule } = jobLock('refunds')

/** $1: seconds of a stretch, $2: seconds that it must be past. No row: nothing is old enough. */
export const nextStretch: Statement = {
  name: 'orders.select-refund-stretch',
  text: `
SELECT (result->>'checkedTo')::timestamptz AS since, (result->>'checkedTo')::timestamptz + make_interval(secs => $1) AS until
FROM sweeps
WHERE name = 'refunds' AND (result->>'checkedTo')::timestamptz + make_interval(secs => $1) <= now() - make_interval(secs => $2)`,
}

/** $1: up to when. */
export const noteStretch: Statement = {
  name: 'orders.note-refund-stretch',
  text: `UPDATE sweeps SET result = jsonb_build_object('checkedTo', $1::timestamptz) WHERE name = 'refunds'`,
}

/**
 * $1, $2: ids between which those of the orders lie that were placed in the stretch; they begin
 * with the time.
 */
export const unrefunded: Statement = {
  name: 'orders.select-unrefunded',
  text: `
SELECT order_id, customer_id, status, correlation_id, priority
FROM orders
WHERE order_id >= $1::uuid AND order_id < $2::uuid AND status = 'CANCELLED'
  -- Of a disputed payment the bank has the money.
  AND disputes IS NULL
  AND EXISTS (
    SELECT FROM order_events AS paid
    WHERE paid.order_id = orders.order_id AND paid.order_id >= $1::uuid AND paid.order_id < $2::uuid
      AND paid.event = 'PaymentCaptured')
  AND NOT EXISTS (
    SELECT FROM order_events AS back
    WHERE back.order_id = orders.order_id AND back.order_id >= $1::uuid AND back.order_id < $2::uuid
      AND back.event = 'PaymentRefunded')`,
}
