// Is a forgotten customer missing from every table, with the books complete, and every other
// customer untouched?
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { connectAdministrator } from '@orderpipeline/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CustomerInUseError, forgetCustomer } from '../src/forget.ts'
import { services } from '../src/index.ts'

let database: TestDatabase
let adminUrl: string
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 0 })
  const url = new URL(postgresUrl())
  url.pathname = new URL(database.url).pathname
  adminUrl = url.href
})
afterAll(() => database.drop())

function uuid(n: number) {
  return `01936d5e-7a2b-7c3d-8e4f-${String(n).padStart(12, '0')}`
}
const ada = 'ada@example.org'
function forget(customerId: string) {
  return forgetCustomer({ databaseUrl: adminUrl, customerId })
}

/** The first is of staff, who may write anything into it. */
function refundsOf(customerId: string) {
  const refund = { refundId: uuid(99), amountCents: 100, status: 'REFUNDED', at: '2026-01-02T03:04:05Z' }
  return [
    { ...refund, reason: `${customerId} called`, by: 'kim', key: 'note-7', hash: 'h' },
    { ...refund, reason: 'returned' },
  ]
}

async function storeHistory(customerId: string, n: number, status: string): Promise<void> {
  const id = uuid(n)
  const write = (role: string, text: string) => database.ask(role, text, [id, customerId])
  await database.ask(
    'orders',
    `INSERT INTO orders (order_id, customer_id, currency, status, reason, total_cents, refunds)
     VALUES ($1, $2, 'EUR', $3::text, CASE $3::text WHEN 'CANCELLED' THEN 'CUSTOMER' END, 700, $4::jsonb)`,
    [id, customerId, status, JSON.stringify(refundsOf(customerId))],
  )
  await write(
    'orders',
    `INSERT INTO idempotency_keys (customer_id, idempotency_key, order_id, request_hash) VALUES ($2, $1::text, $1::uuid, '')`,
  )
  await write(
    'orders',
    `INSERT INTO staff_acts (order_id, staff, act, reason, status_before, at)
     VALUES ($1, 'kim', 'CANCEL', 'asked by ' || $2, 'PROCESSING', now())`,
  )
  await write('inventory', `INSERT INTO reservations (order_id, status, customer_id) VALUES ($1, 'RESERVED', $2)`)
  await write(
    'payment',
    `INSERT INTO payments (order_id, customer_id, amount_cents, currency, status, charge_id) VALUES ($1, $2, 700, 'EUR', 'CAPTURED', 'c')`,
  )
  await write(
    'payment',
    `INSERT INTO partial_refunds (refund_id, order_id, customer_id, charge_id, amount_cents, currency, status, provider_refund_id)
     VALUES ($1::uuid, $1::uuid, $2, 'c', 100, 'EUR', 'REFUNDED', 're')`,
  )
  await write(
    'payment',
    `INSERT INTO disputes (dispute_id, order_id, charge_id, customer_id, amount_cents, currency, reason, status, closed_at)
     VALUES ($1::text, $1::uuid, 'c', $2, 600, 'EUR', 'fraudulent', 'WON', now())`,
  )
  await write('shipping', `INSERT INTO shipments (order_id, customer_id, status) VALUES ($1, $2, 'CANCELLED_EARLY')`)
  await write('notification', `INSERT INTO notifications (order_id, status, customer_id) VALUES ($1, 'SHIPPED', $2)`)
  await write(
    'notification',
    `INSERT INTO mails (lane, message_id, recipient, subject, body) VALUES ('order', $1::text, $2, 's', 'b')`,
  )
  await write(
    'notification',
    `INSERT INTO mails (lane, message_id, recipient, customer_id, subject, body)
     VALUES ('sms-order', 'sms:' || $1::text, '+4915112345678', $2, 's', 'b')`,
  )
  const once = (text: string) => database.ask('notification', text, [customerId])
  await once(`INSERT INTO preferences (customer_id, phone) VALUES ($1, '+4915112345678') ON CONFLICT DO NOTHING`)
  await once(`INSERT INTO consents (customer_id, lane) VALUES ($1, 'sms-order') ON CONFLICT DO NOTHING`)
  await once(`INSERT INTO phone_codes (customer_id, phone) VALUES ($1, '+4915112345678')`)
  await once(
    `INSERT INTO push_subscriptions (customer_id, endpoint, p256dh, auth)
     VALUES ($1, 'https://push.example/1', 'p', 'a') ON CONFLICT DO NOTHING`,
  )
  await write(
    'payment_provider',
    `INSERT INTO charges (charge_id, idempotency_key, order_id, customer_id, amount_cents, currency, status)
     VALUES ($1::uuid, $1::text, $1::uuid, $2, 700, 'EUR', 'captured')`,
  )
}

/** Every text of every table of every service that contains it. */
async function tracesOf(text: string): Promise<string[]> {
  const administrator = await connectAdministrator({ url: adminUrl, log: () => undefined })
  const traces: string[] = []
  for (const service of services) {
    const tables = await administrator.rows<{ name: string }>(
      service,
      `SELECT relname AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`,
    )
    for (const { name } of tables) {
      const rows = await administrator.rows(
        service,
        `SELECT FROM ${name} AS each WHERE each::text LIKE '%' || $1 || '%'`,
        [text],
      )
      if (rows.length > 0) traces.push(`${service}.${name}`)
    }
  }
  await administrator.close()
  return traces
}

test('refuses to erase a customer with an open order, charge, refund or dispute', async () => {
  await storeHistory('eve', 1, 'PROCESSING')
  await expect(forget('eve')).rejects.toThrow(CustomerInUseError)
  await expect(forget('eve')).rejects.toThrow(`customer: found an order in progress, ${uuid(1)}; allowed`)
  await storeHistory('mallory', 2, 'CANCELLED')
  await database.ask(
    'payment',
    `INSERT INTO refunds_due (order_id, charge_id, customer_id, reason) VALUES ($1, 'c', 'mallory', 'GIVEN_UP')`,
    [uuid(2)],
  )
  await expect(forget('mallory')).rejects.toThrow('a refund that is due')
  await storeHistory('peggy', 7, 'SHIPPED')
  await database.ask('payment', `UPDATE disputes SET status = 'OPEN', closed_at = NULL WHERE customer_id = 'peggy'`)
  await expect(forget('peggy')).rejects.toThrow('an open dispute')
  await database.ask('payment', `UPDATE partial_refunds SET status = 'DUE' WHERE customer_id = 'peggy'`)
  await expect(forget('peggy')).rejects.toThrow('a refund of a part that is due')
  await storeHistory('trent', 6, 'CANCELLED')
  await database.ask(
    'payment',
    `INSERT INTO charges_pending (order_id, customer_id, amount_cents, currency) VALUES ($1, 'trent', 700, 'EUR')`,
    [uuid(6)],
  )
  await expect(forget('trent')).rejects.toThrow('a charge that the bank has not decided')
})

test('erases a customer from every table and keeps the books complete', async () => {
  await storeHistory(ada, 3, 'SHIPPED')
  await storeHistory(ada, 4, 'CANCELLED')
  await storeHistory('bob', 5, 'SHIPPED')
  const bobs = await tracesOf('bob')
  expect(await tracesOf(ada)).toHaveLength(15)
  const { orders, pseudonym } = await forget(ada)
  expect(orders).toBe(2)
  expect(await tracesOf(ada)).toEqual([])
  const [{ refunds } = {}] = await database.ask<{ refunds: { reason: string }[] }>(
    'orders',
    'SELECT refunds FROM orders WHERE customer_id = $1 LIMIT 1',
    [pseudonym],
  )
  expect(refunds?.map(({ reason }) => reason)).toEqual(['erased', 'returned'])
  const [ofOrders, ...others] = await tracesOf(pseudonym)
  expect(ofOrders).toMatch(/^orders\.orders_/)
  expect(others.toSorted()).toEqual([
    'inventory.reservations',
    'payment.disputes',
    'payment.partial_refunds',
    'payment.payments',
    'payment_provider.charges',
    'shipping.shipments',
  ])
  expect(
    await database.ask('payment', 'SELECT sum(amount_cents)::int AS sum FROM payments WHERE customer_id = $1', [
      pseudonym,
    ]),
  ).toEqual([{ sum: 1_400 }])
  expect(await tracesOf('bob')).toEqual(bobs)
  expect(await forget(ada)).toMatchObject({ orders: 0 })
})
