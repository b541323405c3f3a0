// Is an order cancelled by its own customer only, only in time, once, and is every service
// informed?
import { randomUUID, randomUUIDv7 } from 'node:crypto'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createStore } from '@orderpipeline/stage'
import { testDatabase, testOrder } from '@orderpipeline/stage/testing'
import type { TestDatabase, TestOrder } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { decode, eventOf } from '@orderpipeline/order-events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cancelOrder } from '../src/cancellation/index.ts'
import { createIntake, intakeMetrics } from '../src/intake/index.ts'
import { orderById, statusesById } from '../src/queries/index.ts'
import { ordersStage } from '../src/definition.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
})
afterAll(() => database.drop())

const context = { now: new Date('2026-01-02T03:04:05Z'), correlationId: 'the request to cancel' }
function cancel(orderId: string, customerId?: string) {
  return cancelOrder(database.as('orders'), { orderId, customerId, context })
}

async function placeOrder(correlationId?: string): Promise<TestOrder> {
  const { customerId, items, currency } = testOrder(1, { 'SKU-0001': 1 })
  const intake = createIntake({
    database: database.as('orders'),
    metrics: intakeMetrics(createRegistry()),
    now: () => new Date(),
    newId: randomUUIDv7,
    maxBatch: 10,
    maxInFlight: 1,
    maxWaiting: 10,
  })
  const { orderId } = await intake.place({ customerId, items, currency, correlationId })
  return { orderId, customerId, items, currency }
}
function put(orderId: string, status: string) {
  return database.ask('orders', 'UPDATE orders SET status = $2 WHERE order_id = $1', [orderId, status])
}
async function outboxEvents(orderId: string) {
  const rows = await database.ask<{ topic: string; key: string; value: string }>(
    'orders',
    `SELECT topic, key, value FROM intake_outbox WHERE value LIKE '%' || $1 || '%' ORDER BY id`,
    [orderId],
  )
  return rows.map(({ value, ...row }) => ({ ...row, ...decode(value) }))
}

test('writes a repeated cancellation to history and outbox once', async () => {
  const { orderId, customerId } = await placeOrder('the order itself')
  const answers = await Promise.all(Array.from({ length: 8 }, () => cancel(orderId, customerId)))
  expect(answers.filter(({ kind }) => kind === 'cancelled')).toHaveLength(1)
  expect(answers.filter(({ kind }) => kind === 'already-cancelled')).toHaveLength(7)
  expect(await outboxEvents(orderId)).toMatchObject([
    { type: 'OrderPlaced' },
    {
      topic: 'orders.cancelled',
      key: customerId,
      type: 'OrderCancelled',
      correlationId: 'the order itself',
      data: { reason: 'CUSTOMER' },
    },
    { topic: 'orders.status', type: 'OrderStatusChanged', data: { status: 'CANCELLED', reason: 'CUSTOMER' } },
  ])
  const view = await orderById(database.as('orders'), orderId)
  expect(view).toMatchObject({ status: 'CANCELLED', reason: 'CUSTOMER' })
  expect(view?.timeline.map(({ event, status }) => [event, status]).sort()).toEqual([
    ['OrderCancelled', 'CANCELLED'],
    ['OrderPlaced', 'PLACED'],
  ])
  expect(await statusesById(database.as('orders'), [orderId])).toMatchObject([{ terminalStates: 1 }])
})

test.each(['PLACED', 'PROCESSING', 'CONFIRMED'])('cancels an order that is %s', async (status) => {
  const { orderId } = await placeOrder()
  await put(orderId, status)
  expect(await cancel(orderId)).toEqual({ kind: 'cancelled' })
  expect((await outboxEvents(orderId))[1]).toMatchObject({ correlationId: 'the request to cancel' })
})

test('refuses to cancel a shipped order and emits nothing', async () => {
  const { orderId } = await placeOrder()
  await put(orderId, 'SHIPPED')
  expect(await cancel(orderId)).toEqual({ kind: 'too-late', status: 'SHIPPED' })
  expect(await outboxEvents(orderId)).toHaveLength(1)
})

test('answers for another customer’s order as for an unknown one', async () => {
  const { orderId } = await placeOrder()
  expect(await cancel(orderId, 'somebody else')).toEqual({ kind: 'unknown' })
  expect(await cancel(randomUUID())).toEqual({ kind: 'unknown' })
  expect(await orderById(database.as('orders'), orderId)).toMatchObject({ status: 'PLACED' })
})

test('requests the refund of a late capture and shows each step once', async () => {
  const { orderId, customerId } = await placeOrder()
  await cancel(orderId)
  const since = { source: '/payment', now: new Date() }
  const charge = { orderId, customerId, chargeId: 'ch-1', totalCents: 500, currency: 'EUR' }
  const captured = eventOf('PaymentCaptured', charge, since)
  const refunded = eventOf(
    'PaymentRefunded',
    { ...charge, refundId: 're-1' },
    { ...since, now: new Date(Date.now() + 60_000) },
  )
  const stage = ordersStage({ now: () => new Date() })
  const store = createStore(database.as('orders'), { prefix: '', keyedByOrder: [] }, stage.apply)
  for (const event of [
    captured,
    captured,
    eventOf('PaymentCaptured', charge, { ...since, source: '/again' }),
    refunded,
  ])
    await store.effect([{ event, prepared: undefined }], [])
  const view = await orderById(database.as('orders'), orderId)
  const steps = view?.timeline.map(({ event, status }) => [event, status])
  expect(steps?.slice().sort()).toEqual([
    ['OrderCancelled', 'CANCELLED'],
    ['OrderPlaced', 'PLACED'],
    ['PaymentCaptured', undefined],
    ['PaymentRefunded', undefined],
    ['RefundRequested', undefined],
  ])
  expect(steps?.at(-1)).toEqual(['PaymentRefunded', undefined])
})
