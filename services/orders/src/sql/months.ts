// Which months of orders are there, who sees to it, and how is one taken out? The work is done by
// functions of the schema (migrations/0005_months.sql), which the migrate program calls as well.
import type { Statement } from '@orderpipeline/postgres'
import { jobLock } from './job-lock.ts'

export const { tryLock, reschedule } = jobLock('months')

export const makeMonths: Statement = {
  name: 'orders.make-months',
  text: `SELECT to_char(month::timestamp, 'YYYY-MM') AS month FROM make_order_months() AS month`,
}

/**
 * `ahead`: months after this one up to the first that is missing, -1 when that is this one;
 * `outside`: 10,000 at most.
 */
export const monthFigures: Statement = {
  name: 'orders.select-month-figures',
  text: `
SELECT
  (SELECT min(n) FROM generate_series(0, 1200) AS n
   WHERE (this_month() + n * interval '1 month')::date NOT IN (SELECT order_months())) - 1 AS ahead,
  (SELECT count(*) FROM (SELECT FROM orders_default LIMIT 10000) AS few)::int AS outside`,
}

/** $1: a day of the month. */
export const detachMonth: Statement = {
  name: 'orders.detach-month',
  text: `SELECT detach_order_month($1::date) AS name`,
}
