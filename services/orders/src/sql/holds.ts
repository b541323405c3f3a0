// Which orders are held, until when, and how did each hold end? A row is only written while its
// order is locked.
import type { Statement } from '@orderpipeline/postgres'
import type { OrderRow } from './cancellation.ts'
import { jobLock } from './job-lock.ts'

export const { tryLock, reschedule } = jobLock('holds')

/** $1: order ids. */
export const heldBefore: Statement = {
  name: 'orders.select-held-before',
  text: 'SELECT order_id FROM order_holds WHERE order_id = ANY ($1::uuid[])',
}

/**
 * $1: order ids, each once; $2: their reasons as JSON; $3: since when; $4: seconds; $5: how then.
 */
export const addHolds: Statement = {
  name: 'orders.add-holds',
  text: `
INSERT INTO order_holds (order_id, reasons, held_at, due_at, at_due)
SELECT order_id, reasons, $3::timestamptz, $3::timestamptz + make_interval(secs => $4), $5::text
FROM unnest($1::uuid[], $2::jsonb[]) AS held (order_id, reasons)
ORDER BY order_id
ON CONFLICT DO NOTHING`,
}

/**
 * $1: order ids, $2: RELEASED or CANCELLED, $3: by what, $4: when. A decided one stays as it is.
 */
export const closeHolds: Statement = {
  name: 'orders.close-holds',
  text: `
UPDATE order_holds
SET outcome = $2, decided_by = $3, decided_at = $4
WHERE order_id = ANY ($1::uuid[]) AND outcome IS NULL`,
}

/** $1: order id. */
export const selectOutcome: Statement = {
  name: 'orders.select-hold-outcome',
  text: 'SELECT outcome FROM order_holds WHERE order_id = $1',
}

export interface DueHold {
  readonly order_id: string
  readonly at_due: 'CANCEL' | 'RELEASE'
  /** Held for longer than any stage takes to hear of its stock. */
  readonly is_old: boolean
}

/** $1: rows at most. */
export const dueHolds: Statement = {
  name: 'orders.select-due-holds',
  text: `
SELECT order_id, at_due, held_at < now() - interval '1 day' AS is_old
FROM order_holds
WHERE outcome IS NULL AND due_at <= now()
ORDER BY due_at
LIMIT $1`,
}

/** $1: order ids, $2: seconds. */
export const postponeHolds: Statement = {
  name: 'orders.postpone-holds',
  text: `
UPDATE order_holds
SET due_at = now() + make_interval(secs => $2)
WHERE order_id = ANY ($1::uuid[]) AND outcome IS NULL`,
}

export interface HeldRow extends OrderRow {
  readonly currency: string
  readonly total_cents: number | null
  readonly is_reserved: boolean
  readonly is_captured: boolean
}

const heldColumns = `
SELECT order_id, customer_id, status, correlation_id, priority, currency, total_cents::float8 AS total_cents,
  EXISTS (
    SELECT FROM order_events AS e WHERE e.order_id = orders.order_id AND e.event = 'StockReserved') AS is_reserved,
  EXISTS (
    SELECT FROM order_events AS e WHERE e.order_id = orders.order_id AND e.event = 'PaymentCaptured') AS is_captured
FROM orders`

/**
 * $1: order ids, $2, $3: their range. After their rows were locked: a lock that waits does not see
 * what others have written meanwhile in other tables.
 */
export const selectHeld: Statement = {
  name: 'orders.select-held-orders',
  text: `${heldColumns}
WHERE order_id = ANY ($1::uuid[]) AND order_id BETWEEN $2 AND $3
ORDER BY order_id`,
}

/** $1: order ids, $2, $3: their range. One that is being changed is not waiting for its time. */
export const lockHeld: Statement = {
  name: 'orders.lock-held-orders',
  text: `
SELECT order_id
FROM orders
WHERE order_id = ANY ($1::uuid[]) AND order_id BETWEEN $2 AND $3 AND status = 'HELD'
ORDER BY order_id
FOR NO KEY UPDATE SKIP LOCKED`,
}

/** $1: order ids, $2, $3: their range. Without a lock. */
export const statusesOfHeld: Statement = {
  name: 'orders.select-statuses-of-held',
  text: `
SELECT order_id, status
FROM orders
WHERE order_id = ANY ($1::uuid[]) AND order_id BETWEEN $2 AND $3`,
}

/**
 * The order of an open hold, as long as it is held: after an older version, or in a restored
 * database, it may have gone on. It is looked up by its id for each hold, and never by a scan of
 * all orders: with its LIMIT, PostgreSQL cannot join it in another way.
 */
const heldOrder = `LATERAL (
  SELECT customer_id, currency, total_cents, placed_at
  FROM orders
  WHERE orders.order_id = h.order_id AND orders.status = 'HELD'
  LIMIT 1) AS o`

/** What the gauges show; through the index of open holds. */
export const countHolds: Statement = {
  name: 'orders.count-holds',
  text: `
SELECT count(*)::float8 AS count, extract(epoch FROM now() - min(h.held_at))::float8 AS oldest_seconds
FROM order_holds AS h CROSS JOIN ${heldOrder}
WHERE h.outcome IS NULL`,
}

/** $1: an order id; $2: rows at most. The oldest orders first, with what a decision needs. */
export const selectHeldPage: Statement = {
  name: 'orders.select-held-page',
  text: `
SELECT json_strip_nulls(json_build_object(
  'orderId', h.order_id, 'customerId', o.customer_id, 'currency', o.currency, 'totalCents', o.total_cents,
  'placedAt', o.placed_at, 'reasons', h.reasons, 'heldAt', h.held_at, 'dueAt', h.due_at, 'atDue', h.at_due
)) AS view
FROM order_holds AS h CROSS JOIN ${heldOrder}
WHERE h.outcome IS NULL AND h.order_id > $1::uuid
ORDER BY h.order_id
LIMIT $2`,
}
