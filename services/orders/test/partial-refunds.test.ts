// Is a refund that staff asks for stored once, with its events, and never for more than was paid,
// however many ask at the same time? And does the order show what payment makes of it?
import { randomUUID, randomUUIDv7 } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createStore } from '@orderpipeline/stage'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { decode, eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { ordersStage } from '../src/definition.ts'
import { requestRefund } from '../src/partial-refunds/index.ts'
import { orderById } from '../src/queries/index.ts'
import { staffHistory } from '../src/staff/index.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
})
afterAll(() => database.drop())

const context = { now: new Date('2026-01-02T03:04:05Z') }
const customerId = 'customer-1'

async function order(status = 'SHIPPED'): Promise<string> {
  const id = randomUUIDv7()
  await database.ask(
    'orders',
    `INSERT INTO orders (order_id, customer_id, currency, status, total_cents, correlation_id)
     VALUES ($1, $2, 'EUR', $3, 900, 'the order')`,
    [id, customerId, status],
  )
  await database.ask(
    'orders',
    `INSERT INTO order_items (order_id, line, sku, quantity, unit_price_cents)
     VALUES ($1, 1, 'SKU-0001', 3, 200), ($1, 2, 'SKU-0002', 1, 300)`,
    [id],
  )
  return id
}
function refund(orderId: string, idempotencyKey: string, fields: { amountCents?: number; sku?: string }) {
  const { amountCents, sku } = fields
  const items = sku === undefined ? undefined : [{ sku, quantity: 1 }]
  const request = { amountCents, items, reason: 'late', restock: items !== undefined, idempotencyKey, by: 'kim' }
  return requestRefund(database.as('orders'), { orderId, request, context, newId: randomUUIDv7 })
}
async function outbox(orderId: string) {
  const rows = await database.ask<{ value: string }>(
    'orders',
    `SELECT value FROM intake_outbox WHERE value LIKE '%' || $1 || '%' ORDER BY id`,
    [orderId],
  )
  return rows.map(({ value }) => decode(value))
}
async function handle(event: OrderEvent): Promise<void> {
  const { apply } = ordersStage({ now: () => new Date() })
  const store = createStore(database.as('orders'), { prefix: '', keyedByOrder: [] }, apply)
  await store.effect([{ event, prepared: undefined }], [])
}
function view(orderId: string) {
  return orderById(database.as('orders'), orderId)
}

test('stores a refund with its events once, however often it is asked for at once', async () => {
  const orderId = await order()
  const answers = await Promise.all(Array.from({ length: 8 }, () => refund(orderId, 'note-1', { sku: 'SKU-0001' })))
  expect(answers.filter(({ kind }) => kind === 'accepted')).toHaveLength(1)
  expect(answers.filter(({ kind }) => kind === 'repeated')).toHaveLength(7)
  const about = { orderId, customerId }
  expect(await outbox(orderId)).toMatchObject([
    {
      type: 'PartialRefundRequested',
      correlationId: 'the order',
      data: { ...about, amountCents: 200, currency: 'EUR', items: [{ sku: 'SKU-0001', quantity: 1 }] },
    },
    { type: 'ItemsReturned', data: { ...about, items: [{ sku: 'SKU-0001', quantity: 1 }] } },
  ])
  const orderView = await view(orderId)
  expect(orderView?.refunds).toMatchObject([{ amountCents: 200, status: 'REQUESTED', reason: 'late' }])
  expect((await staffHistory(database.as('orders'), orderId)).acts).toMatchObject([
    { staff: 'kim', act: 'REFUND', reason: 'late', statusBefore: 'SHIPPED' },
  ])
  for (const hidden of ['key', 'hash', 'by']) expect(orderView?.refunds?.[0]).not.toHaveProperty(hidden)
  expect(orderView?.timeline.map(({ event }) => event).sort()).toEqual(['ItemsReturned', 'PartialRefundRequested'])
})

test('accepts no more than was paid, from many who ask at once', async () => {
  const orderId = await order()
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => refund(orderId, `note-${n}`, { amountCents: 200 })),
  )
  expect(answers.filter(({ kind }) => kind === 'accepted')).toHaveLength(4)
  expect(answers.filter(({ kind }) => kind === 'too-much')).toHaveLength(8)
  expect((await outbox(orderId)).length).toBe(4)
  const { timeline = [], refunds = [] } = (await view(orderId)) ?? {}
  const requests = timeline.filter(({ event }) => event === 'PartialRefundRequested')
  expect(requests.map(({ refundId }) => refundId).sort()).toEqual(refunds.map(({ refundId }) => refundId).sort())
})

test('knows no order that there is not, and refuses one that is not paid', async () => {
  expect(await refund(randomUUID(), 'note', { amountCents: 1 })).toEqual({ kind: 'unknown' })
  expect(await refund(await order('PROCESSING'), 'note', { amountCents: 1 })).toMatchObject({ kind: 'wrong-state' })
})

test('a refund does not put off the deadline of an order that has not been shipped', async () => {
  const orderId = await order('CONFIRMED')
  await database.ask('orders', `UPDATE orders SET updated_at = '2026-01-01T00:00:00Z' WHERE order_id = $1`, [orderId])
  const before = (await view(orderId))?.updatedAt
  expect(await refund(orderId, 'note', { amountCents: 100 })).toMatchObject({ kind: 'accepted' })
  expect((await view(orderId))?.updatedAt).toBe(before)
})

test('shows what payment says of refunds and disputes, and a repetition changes nothing', async () => {
  const orderId = await order()
  const answer = await refund(orderId, 'note', { amountCents: 100 })
  if (answer.kind !== 'accepted') throw new Error(answer.kind)
  const { refundId } = answer.refund
  const from = { source: '/payment', now: new Date('2026-01-02T04:00:00Z') }
  const part = { orderId, customerId, refundId, amountCents: 100, currency: 'EUR' }
  const refundedPart = { ...part, chargeId: 'ch', providerRefundId: 're' }
  await handle(eventOf('PaymentPartlyRefunded', refundedPart, from, refundId))
  await handle(eventOf('PartialRefundRefused', { ...part, refusal: 'REFUNDED' }, from, refundId))
  const dispute = { orderId, customerId, chargeId: 'ch', disputeId: 'du-1', amountCents: 800, currency: 'EUR' }
  await handle(eventOf('PaymentDisputed', { ...dispute, reason: 'fraudulent' }, from, 'du-1'))
  await handle(eventOf('PaymentDisputeClosed', { ...dispute, reason: 'fraudulent', outcome: 'LOST' }, from, 'du-1'))
  const orderView = await view(orderId)
  expect(orderView).toMatchObject({
    status: 'SHIPPED',
    refunds: [{ refundId, status: 'REFUNDED', settledAt: '2026-01-02T04:00:00.000Z' }],
    disputes: [{ disputeId: 'du-1', status: 'LOST', amountCents: 800, reason: 'fraudulent' }],
  })
  expect(orderView?.timeline.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['PaymentPartlyRefunded', 'PaymentDisputed', 'PaymentDisputeClosed']),
  )
  expect(await refund(orderId, 'other', { amountCents: 1 })).toEqual({ kind: 'disputed' })
})

test('a dispute cancels an order that has not been shipped, and stock and payment hear of it', async () => {
  const orderId = await order('CONFIRMED')
  const dispute = { orderId, customerId, chargeId: 'ch', disputeId: 'du-2', amountCents: 900, currency: 'EUR' }
  const from = { source: '/payment', now: new Date() }
  await handle(eventOf('PaymentDisputed', { ...dispute, reason: 'fraudulent' }, from, 'du-2'))
  expect(await view(orderId)).toMatchObject({ status: 'CANCELLED', reason: 'DISPUTED', disputes: [{ status: 'OPEN' }] })
  const rows = await database.ask<{ value: string }>('orders', 'SELECT value FROM outbox ORDER BY id')
  const events = rows.map(({ value }) => decode(value)).filter(({ data }) => data.orderId === orderId)
  expect(events.map(({ type }) => type)).toEqual(['OrderCancelled', 'OrderStatusChanged'])
})
