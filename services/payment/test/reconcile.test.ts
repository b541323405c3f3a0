// Are the provider's list and our payments reconciled, a stretch at a time, by one replica, and are
// the remaining differences shown?
import { randomUUID, randomUUIDv7 } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { testDatabase, testOrder } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import type { OrderEvent, ProductEvent } from '@orderpipeline/order-events'
import { providerConfig, startPaymentProvider } from '@orderpipeline/payment-provider'
import type { PaymentProvider } from '@orderpipeline/payment-provider'
import { makeDueRefunds } from '../src/refunds/due-refunds.ts'
import { createProvider } from '../src/provider/provider.ts'
import { simulatorCharges } from '../src/reconcile/charge-list.ts'
import { reconcile, reconcileTask } from '../src/reconcile/reconcile.ts'

let database: TestDatabase
let simulator: PaymentProvider
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  const settings = { HTTP_PORT: '0', METRICS_PORT: '0', DATABASE_URL: database.url, PROVIDER_LATENCY_MS: '0' }
  simulator = await startPaymentProvider(providerConfig(settings), silentLogger())
})
afterAll(async () => {
  for (const closer of simulator.closers) await closer.close()
  await database.drop()
})

function now() {
  return new Date()
}
const stopping = new AbortController().signal
const publishedEvents: (OrderEvent | ProductEvent)[] = []
function surroundings() {
  return {
    database: database.as('payment'),
    publish: (events: readonly (OrderEvent | ProductEvent)[]) => Promise.resolve(void publishedEvents.push(...events)),
    stopping,
    keyedByOrder: () => false,
  }
}
function address() {
  return { url: simulator.url, timeoutMs: 30_000 }
}
function options() {
  return { provider: createProvider(address()), list: simulatorCharges(address()), afterSeconds: 0, now }
}
function aroundNow() {
  return { since: new Date(Date.now() - 3_600_000), until: new Date(Date.now() + 60_000) }
}
async function look() {
  return (await reconcile(aroundNow(), surroundings(), options())).map(({ kind, orderId }) => `${kind} ${orderId}`)
}
function order() {
  return testOrder(1, { 'SKU-0001': 1 })
}
async function chargeOrder(
  { orderId, customerId } = order(),
  key = orderId,
): Promise<{ orderId: string; chargeId: string }> {
  const response = await fetch(`${simulator.url}/v1/charges`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ orderId, customerId, amountCents: 700, currency: 'EUR' }),
  })
  return { orderId, chargeId: ((await response.json()) as { chargeId: string }).chargeId }
}
function book(orderId: string, chargeId: string, status = 'CAPTURED', amount = 700) {
  return database.ask(
    'payment',
    `INSERT INTO payments (order_id, customer_id, amount_cents, currency, status, charge_id, refund_id)
     VALUES ($1, 'customer-1', $4, 'EUR', $3, $2, CASE WHEN $3 = 'REFUNDED' THEN 're' END)`,
    [orderId, chargeId, status, amount],
  )
}
async function statusOf(orderId: string) {
  return (
    await database.ask<{ status: string }>('payment', 'SELECT status FROM payments WHERE order_id = $1', [orderId])
  )[0]?.status
}

test('books and reports an unbooked charge, and leaves agreeing ones alone', async () => {
  const [fine, lostOrder] = [await chargeOrder(), await chargeOrder()]
  await book(fine.orderId, fine.chargeId)
  expect(await look()).toEqual([`UNBOOKED ${lostOrder.orderId}`])
  expect(await statusOf(lostOrder.orderId)).toBe('CAPTURED')
  expect(publishedEvents.map(({ type, data }) => `${type} ${'orderId' in data ? data.orderId : ''}`)).toEqual([
    `PaymentCaptured ${lostOrder.orderId}`,
  ])
  expect(await look()).toEqual([])
})

test('refunds a second charge and makes a missing refund', async () => {
  const twice = order()
  const [first, second, unpaid] = [
    await chargeOrder(twice),
    await chargeOrder(twice, randomUUID()),
    await chargeOrder(),
  ]
  await book(first.orderId, first.chargeId)
  await book(unpaid.orderId, unpaid.chargeId, 'REFUNDED')
  expect((await look()).sort()).toEqual([`NOT_REFUNDED ${unpaid.orderId}`, `SECOND_CHARGE ${twice.orderId}`].sort())
  expect(await makeDueRefunds(surroundings(), options())).toBe(2)
  expect(await look()).toEqual([])
  expect([await statusOf(twice.orderId), await statusOf(unpaid.orderId)]).toEqual(['CAPTURED', 'REFUNDED'])
  const refunds = await database.ask<{ charge_id: string }>(
    'payment_provider',
    'SELECT charge_id FROM refunds WHERE order_id = $1',
    [twice.orderId],
  )
  expect(refunds).toEqual([{ charge_id: second.chargeId }])
})

test('passes over an order of 0, which the provider does not know', async () => {
  const orderId = randomUUIDv7()
  await book(orderId, `free-EUR-${orderId}`, 'CAPTURED', 0)
  expect(await look()).toEqual([])
})

test('keeps and shows a difference for a person, and counts it once', async () => {
  const [other, unknown] = [await chargeOrder(), { orderId: randomUUIDv7() }]
  await book(other.orderId, other.chargeId, 'CAPTURED', 900)
  await book(unknown.orderId, randomUUID())
  expect((await look()).sort()).toEqual([`AMOUNT ${other.orderId}`, `UNKNOWN_CHARGE ${unknown.orderId}`].sort())
  await look()
  const rows = await database.ask('payment', 'SELECT order_id, kind, detail FROM payment_differences ORDER BY kind')
  expect(rows).toEqual([
    { order_id: other.orderId, kind: 'AMOUNT', detail: '700 of 700 EUR kept by the provider; booked: 900 EUR' },
    {
      order_id: unknown.orderId,
      kind: 'UNKNOWN_CHARGE',
      detail: 'booked as captured; the provider says nothing',
    },
  ])
})

test('one replica compares periods in turn up to the age, and again after a failure', async () => {
  const back = (name: string) =>
    database.ask(
      'payment',
      `UPDATE reconciliations SET compared_to = now() - interval '5 minutes', leased_until = '-infinity' WHERE name = $1`,
      [name],
    )
  const agesOf = () =>
    database.ask<{ name: string; minutes: number; leased: boolean }>(
      'payment',
      `SELECT name, round(extract(epoch FROM now() - compared_to) / 60)::int AS minutes, leased_until > now() AS leased
       FROM reconciliations WHERE name IN ('late', 'soon') ORDER BY name`,
    )
  await back('soon')
  const away = { page: () => Promise.reject(new Error('the provider is away')) }
  const failing = reconcileTask({ ...options(), list: away, afterSeconds: 120 })
  await expect(failing.run(surroundings())).rejects.toThrow('the provider is away')
  const [late, current] = await agesOf()
  expect([late?.leased, current]).toEqual([false, { name: 'soon', minutes: 5, leased: true }])
  const registry = createRegistry()
  const task = reconcileTask({ ...options(), afterSeconds: 120, registry })
  // Another replica has it.
  await task.run(surroundings())
  expect((await agesOf())[1]).toEqual(current)
  await back('soon')
  await task.run(surroundings())
  expect((await agesOf())[1]).toEqual({ name: 'soon', minutes: 2, leased: false })
  const figures = await registry.metrics()
  expect(figures).toContain('payment_differences_open{kind="AMOUNT"} 1')
  expect(figures).toContain('payment_differences_open{kind="UNKNOWN_CHARGE"} 1')
  expect(figures).toMatch(/payment_reconciled_age_seconds\{pass="soon"\} 1\d\d/)
})
