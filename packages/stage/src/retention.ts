// What becomes of rows of orders that are long over? A stage deletes them some time after their
// orders were placed, a part at a time. They are found by their primary keys: an order's id begins
// with its time, so that old ones come first. Rows whose id has no time are kept.
import type { Queryable, Statement } from '@orderpipeline/postgres'
import type { PeriodicTask } from './periodic-tasks.ts'

export interface Retention {
  /** Its primary key begins with `order_id`. */
  readonly table: string
  /** Since the order was placed. */
  readonly days: number
}

const rowsAtOnce = 1_000
const identifier = /^[a-z_]{1,63}$/
const beforeAll = '00000000-0000-0000-0000-000000000000'

/** Returns how many rows were deleted. Several replicas may do it at once. @throws DatabaseError */
export async function deleteOld(
  database: Queryable,
  { table, days }: Retention,
  stopping?: AbortSignal,
): Promise<number> {
  let from = beforeAll
  for (let total = 0; ;) {
    const rows = await database.query<{ order_id: string }>(deleteOldest(table), [from, days, rowsAtOnce])
    total += rows.length
    if (rows.length < rowsAtOnce || stopping?.aborted) return total
    // Deleted rows are not read again, even before vacuum has removed them.
    from = rows.reduce((last, { order_id }) => (order_id > last ? order_id : last), from)
  }
}

/**
 * $1: from this order on; $2: days; $3: rows at most. Rows another replica deletes are passed over.
 */
function deleteOldest(table: string): Statement {
  if (!identifier.test(table)) throw new TypeError(`not a plain identifier: ${table}`)
  return {
    name: `${table}.delete-old`,
    text: `
DELETE FROM ${table}
WHERE ctid = ANY (ARRAY(
  SELECT ctid
  FROM ${table}
  WHERE order_id >= $1 AND order_id < first_event_id((now() - make_interval(days => $2))::date)
  ORDER BY order_id
  LIMIT $3
  FOR UPDATE SKIP LOCKED
))
RETURNING order_id`,
  }
}

export function retentionTask(retention: readonly Retention[], everyMs: number): PeriodicTask {
  return {
    name: 'retention',
    everyMs,
    run: async ({ database, stopping }) => {
      for (const each of retention) if (!stopping.aborted) await deleteOld(database, each, stopping)
    },
  }
}
