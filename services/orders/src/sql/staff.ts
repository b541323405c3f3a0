// What is written and read of the staff's looks and acts?
import type { Statement } from '@orderpipeline/postgres'

/** $1: order id, $2: who, $3: what, $4: why, $5: the status before, $6: when. */
export const addAct: Statement = {
  name: 'orders.add-staff-act',
  text: `
INSERT INTO staff_acts (order_id, staff, act, reason, status_before, at)
VALUES ($1, $2, $3, $4, $5, $6)`,
}

/** $1: order ids, $2: who, $3: how often, $4: when for the last time; each pair once. */
export const addLooks: Statement = {
  name: 'orders.add-staff-looks',
  text: `
INSERT INTO staff_looks AS known (order_id, staff, since, looks, last_at)
SELECT order_id, staff, date_trunc('hour', last_at, 'UTC'), looks, last_at
FROM unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[]) AS look (order_id, staff, looks, last_at)
ORDER BY order_id, staff, last_at
ON CONFLICT (order_id, staff, since) DO UPDATE
SET looks = known.looks + EXCLUDED.looks, last_at = greatest(known.last_at, EXCLUDED.last_at)`,
}

/** $1: order id, $2: rows of each kind at most. The newest first. */
export const selectStaffHistory: Statement = {
  name: 'orders.select-staff-history',
  text: `
SELECT json_build_object(
  'hold', (
    SELECT json_strip_nulls(json_build_object(
      'reasons', h.reasons, 'heldAt', h.held_at, 'dueAt', h.due_at, 'atDue', h.at_due,
      'outcome', h.outcome, 'decidedBy', h.decided_by, 'decidedAt', h.decided_at))
    FROM order_holds AS h WHERE h.order_id = $1),
  'acts', COALESCE((
    SELECT json_agg(json_build_object(
      'staff', staff, 'act', act, 'reason', reason, 'statusBefore', status_before, 'at', at) ORDER BY id DESC)
    FROM (SELECT * FROM staff_acts WHERE order_id = $1 ORDER BY id DESC LIMIT $2) AS recent), '[]'),
  'looks', COALESCE((
    SELECT json_agg(json_build_object(
      'staff', staff, 'since', since, 'looks', looks, 'lastAt', last_at) ORDER BY last_at DESC, staff)
    FROM (SELECT * FROM staff_looks WHERE order_id = $1 ORDER BY last_at DESC LIMIT $2) AS recent), '[]')
) AS view`,
}
