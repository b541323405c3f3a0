// Are rows of old orders deleted, all of them, and no others?
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deleteOld } from '../src/retention.ts'
import { testDatabase } from '../src/testing/index.ts'
import type { TestDatabase } from '../src/testing/index.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 0 })
})
afterAll(() => database.drop())

/** Orders placed so many days ago, two notifications each. */
function addNotifications(daysAgo: number, orders: number) {
  return database.ask(
    'notification',
    `INSERT INTO notifications (order_id, status, customer_id)
     SELECT overlay(md5($1::int::text || n::text) PLACING left(replace(first_event_id((now() - make_interval(days => $1))::date)::text, '-', ''), 12)
       FROM 1 FOR 12)::uuid, unnest(ARRAY['PROCESSING', 'SHIPPED']), 'customer-' || $1::int
     FROM generate_series(1, $2::int) AS n`,
    [daysAgo, orders],
  )
}
function counts() {
  return database.ask(
    'notification',
    'SELECT customer_id, count(*) FROM notifications GROUP BY customer_id ORDER BY customer_id',
  )
}

test('several replicas delete rows of old orders at once, in batches', async () => {
  await addNotifications(41, 1_700)
  await addNotifications(36, 10)
  await addNotifications(34, 10)
  await database.ask(
    'notification',
    `INSERT INTO notifications VALUES ('5b4f8a0e-2f0c-4a55-9d8c-6a1f4d6f2b11', 'SHIPPED', 'no-time')`,
  )
  const retention = { table: 'notifications', days: 35 }
  const deletedCounts = await Promise.all([1, 2, 3].map(() => deleteOld(database.as('notification'), retention)))
  expect(deletedCounts.reduce((a, b) => a + b) + (await deleteOld(database.as('notification'), retention))).toBe(3_420)
  expect(await counts()).toEqual([
    { customer_id: 'customer-34', count: 20 },
    { customer_id: 'no-time', count: 1 },
  ])
  expect(await deleteOld(database.as('notification'), retention)).toBe(0)
})
