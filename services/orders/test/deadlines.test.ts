// Does an order that waits too long end, once, whichever replica looks, and does one that does not
// wait stay?
import { randomUUID } from 'node:crypto'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { decode, eventOf } from '@orderpipeline/order-events'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { cancelOverdue } from '../src/deadlines/deadlines.ts'
import { cutoffs, leftState, recordProgress } from '../src/deadlines/progress.ts'
import type { WaitingState } from '../src/deadlines/progress.ts'
import { overdueOrders } from '../src/sql/deadlines.ts'
import { applyOrderEvents } from '../src/apply.ts'
import { statusesById } from '../src/queries/index.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
})
beforeEach(async () => {
  await database.ask('orders', 'TRUNCATE orders, order_events, intake_outbox')
  await database.ask('orders', `UPDATE deadline_progress SET last_at = now(), resumed_at = '-infinity'`)
  await database.ask('orders', 'UPDATE sweeps SET due_at = now()')
})
afterAll(() => database.drop())

const deadlines = { placedSeconds: 60, processingSeconds: 120, confirmedSeconds: 3_600, stalledSeconds: 1_000 }
async function sweep(everySeconds = 0) {
  const settings = { deadlines, everySeconds, now: () => new Date(), keyedByOrder: () => false }
  return (await cancelOverdue(database.as('orders'), settings)).length
}

async function waiting(status: string, seconds: number, count = 1): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID())
  await database.ask(
    'orders',
    `INSERT INTO orders (order_id, customer_id, currency, status, reason, updated_at)
     SELECT id, 'customer', 'EUR', $2::text, CASE $2::text WHEN 'CANCELLED' THEN 'CUSTOMER' END, now() - make_interval(secs => $3)
     FROM unnest($1::uuid[]) AS id`,
    [ids, status, seconds],
  )
  return ids
}
async function statusOf(ids: readonly string[]) {
  return (await statusesById(database.as('orders'), ids)).map(({ status, reason }) => [status, reason])
}

test.each([
  ['PLACED', 60],
  ['PROCESSING', 120],
  ['CONFIRMED', 3_600],
])('cancels an order that is %s for more than %i s, and no younger one', async (status, limit) => {
  const [late = ''] = await waiting(status, limit + 5)
  const young = await waiting(status, limit - 40)
  expect(await sweep()).toBe(1)
  expect(await sweep()).toBe(0)
  expect(await statusOf([late])).toEqual([['CANCELLED', 'DEADLINE']])
  expect(await statusOf(young)).toEqual([[status, undefined]])
  const rows = await database.ask<{ value: string }>('orders', 'SELECT value FROM intake_outbox ORDER BY id')
  expect(rows.map(({ value }) => decode(value))).toMatchObject([
    { type: 'OrderCancelled', data: { orderId: late, reason: 'DEADLINE' } },
    { type: 'OrderStatusChanged', data: { orderId: late, status: 'CANCELLED', reason: 'DEADLINE' } },
  ])
})

test('leaves ended orders alone however old they are', async () => {
  await waiting('SHIPPED', 1_000_000)
  await waiting('CANCELLED', 1_000_000)
  expect(await sweep()).toBe(0)
})

test('parallel checks cancel each order once', async () => {
  const ids = await waiting('PROCESSING', 500, 450)
  let cancelledCount = 0
  while (cancelledCount < 450)
    cancelledCount += (await Promise.all([1, 2, 3, 4].map(() => sweep()))).reduce((a, b) => a + b)
  expect(cancelledCount).toBe(450)
  expect(await sweep()).toBe(0)
  const rows = await database.ask<{ count: number }>('orders', 'SELECT count(*) FROM intake_outbox')
  expect(rows).toEqual([{ count: 900 }])
  expect(await statusesById(database.as('orders'), ids)).toHaveLength(450)
})

test('one replica’s check excludes orders from the others until they are due again', async () => {
  expect(await sweep(3_600)).toBe(0)
  await waiting('PROCESSING', 500)
  expect(await sweep()).toBe(0)
  await database.ask('orders', `UPDATE sweeps SET due_at = now()`)
  expect(await sweep()).toBe(1)
})

test('skips an order that a message is changing', async () => {
  const [id = ''] = await waiting('PROCESSING', 500)
  await database.as('orders').transaction(async (tx) => {
    await tx.query({ name: '', text: 'UPDATE orders SET updated_at = now() WHERE order_id = $1' }, [id])
    expect(await sweep()).toBe(0)
  })
  expect(await statusOf([id])).toEqual([['PROCESSING', undefined]])
})

function progressAgo(status: WaitingState, lastSeconds: number, resumedSeconds: number) {
  return database.ask(
    'orders',
    `UPDATE deadline_progress SET last_at = now() - make_interval(secs => $2), resumed_at = now() - make_interval(secs => $3)
     WHERE status = $1`,
    [status, lastSeconds, resumedSeconds],
  )
}

test('suspends deadlines while no order moves, up to a maximum wait', async () => {
  await progressAgo('PROCESSING', 31, 100_000)
  const late = await waiting('PROCESSING', 1_100)
  const placedId = await waiting('PLACED', 65)
  expect(await sweep()).toBe(1)
  expect(await statusOf(late)).toEqual([['PROCESSING', undefined]])
  expect(await statusOf(placedId)).toEqual([['CANCELLED', 'DEADLINE']])
  expect((await cutoffs(database.as('orders'), deadlines)).map(({ held }) => held)).toEqual([false, true, false])
  const processingId = await waiting('PROCESSING', 1_125)
  expect(await sweep()).toBe(1)
  expect(await statusOf(processingId)).toEqual([['CANCELLED', 'DEADLINE']])
})

test('restarts the deadlines of waiting orders after an outage', async () => {
  await progressAgo('PROCESSING', 3_000, 100_000)
  const late = await waiting('PROCESSING', 1_000)
  await recordProgress(database.as('orders'), new Set(['PROCESSING'] as const), deadlines)
  expect(await sweep()).toBe(0)
  await progressAgo('PROCESSING', 6, 80)
  await recordProgress(database.as('orders'), new Set(['PROCESSING'] as const), deadlines)
  expect(await sweep()).toBe(0)
  await progressAgo('PROCESSING', 6, 121)
  await recordProgress(database.as('orders'), new Set(['PROCESSING'] as const), deadlines)
  expect(await sweep()).toBe(1)
  expect(await statusOf(late)).toEqual([['CANCELLED', 'DEADLINE']])
})

test('an old reservation ends its order only while payments arrive', async () => {
  const [orderId = ''] = await waiting('PROCESSING', 100)
  const ask = async () => {
    const expiry = eventOf(
      'ReservationExpired',
      { orderId, customerId: 'customer' },
      { source: '/inventory', now: new Date() },
    )
    const item = { event: expiry, prepared: undefined }
    await database.as('orders').transaction(async (tx) => {
      const decide = await applyOrderEvents(tx, [item], () => new Date(), { deadlines })
      decide(tx, [item])
    })
    return statusOf([orderId])
  }
  await progressAgo('PROCESSING', 40, 100_000)
  expect(await ask()).toEqual([['PROCESSING', undefined]])
  await progressAgo('PROCESSING', 1, 100_000)
  expect(await ask()).toEqual([['CANCELLED', 'DEADLINE']])
})

test('counts as progress what a stage answered, not what a deadline or expiry ended', () => {
  const statusChange = (
    status: 'PROCESSING' | 'CONFIRMED' | 'SHIPPED' | 'CANCELLED',
    reason?: 'PAYMENT_DECLINED' | 'OUT_OF_STOCK',
  ) =>
    leftState(
      eventOf(
        'OrderStatusChanged',
        { orderId: randomUUID(), customerId: 'c', status, ...(reason ? { reason } : {}) },
        { source: '/orders', now: new Date() },
      ),
    )
  expect([statusChange('PROCESSING'), statusChange('CONFIRMED'), statusChange('SHIPPED')]).toEqual([
    'PLACED',
    'PROCESSING',
    'CONFIRMED',
  ])
  expect([
    statusChange('CANCELLED', 'PAYMENT_DECLINED'),
    statusChange('CANCELLED', 'OUT_OF_STOCK'),
    statusChange('CANCELLED'),
  ]).toEqual(['PROCESSING', undefined, undefined])
})

test('finds waiting orders among many ended ones by the index', async () => {
  await waiting('SHIPPED', 1_000_000, 20_000)
  await waiting('PROCESSING', 500, 10)
  await database.ask('orders', 'ANALYZE orders')
  const before = (await cutoffs(database.as('orders'), deadlines)).map((cutoff) => cutoff.before)
  const plan = await database.ask('orders', `EXPLAIN ${overdueOrders.text}`, [...before, 100])
  // The index orders_under_way of the partition that they are in.
  expect(JSON.stringify(plan)).toContain('orders_default_status_updated_at_idx')
  expect(JSON.stringify(plan)).not.toContain('Seq Scan on orders_default')
})
