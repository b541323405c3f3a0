// Is the cancellation of a paid order without a refund in its history published again, once, and no
// other?
import { randomUUIDv7 } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { decode, eventId } from '@orderpipeline/order-events'
import { askAgain } from '../src/refunds/refunds.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
})
afterAll(() => database.drop())

function look(afterSeconds: number) {
  return askAgain(database.as('orders'), { afterSeconds, now: () => new Date(), keyedByOrder: () => false })
}
async function order(status: string, ...events: string[]): Promise<string> {
  const id = randomUUIDv7()
  await database.ask(
    'orders',
    `INSERT INTO orders (order_id, customer_id, currency, status, reason)
     VALUES ($1, 'customer', 'EUR', $2, CASE $2 WHEN 'CANCELLED' THEN 'CUSTOMER' END)`,
    [id, status],
  )
  for (const event of events)
    await database.ask('orders', 'INSERT INTO order_events (order_id, event, event_id) VALUES ($1, $2, $1)', [
      id,
      event,
    ])
  return id
}
function checkedTo(at: string) {
  return database.ask(
    'orders',
    `UPDATE sweeps SET due_at = now(), result = jsonb_build_object('checkedTo', ${at}) WHERE name = 'refunds'`,
  )
}

test('requests only missing refunds again, and checks each period once', async () => {
  const owedOrder = await order('CANCELLED', 'OrderPlaced', 'PaymentCaptured', 'OrderCancelled')
  await order('CANCELLED', 'OrderPlaced', 'PaymentCaptured', 'OrderCancelled', 'PaymentRefunded')
  await order('CANCELLED', 'OrderPlaced', 'OrderCancelled')
  await order('SHIPPED', 'OrderPlaced', 'PaymentCaptured', 'OrderShipped')
  await checkedTo(`now() - interval '30 seconds'`)
  // Too young.
  expect(await look(3_600)).toBeUndefined()
  await checkedTo(`now() - interval '30 seconds'`)
  expect(await look(-60)).toEqual([owedOrder])
  await checkedTo(`now() + interval '30 seconds'`)
  expect(await look(-600)).toEqual([])
  const rows = await database.ask<{ value: string }>('orders', 'SELECT value FROM intake_outbox')
  expect(rows.map(({ value }) => decode(value))).toMatchObject([
    { type: 'OrderCancelled', data: { orderId: owedOrder } },
  ])
  // Under an id of its own, or payment would take it for the message that it has had.
  expect(decode(rows[0]?.value ?? '').id).not.toBe(eventId('OrderCancelled', owedOrder))
})
