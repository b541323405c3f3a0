// Is an order held before it is charged, once, and is it decided once: by a person, its customer or
// time, in any sequence?
import { randomUUID, randomUUIDv7 } from 'node:crypto'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createStore } from '@orderpipeline/stage'
import { placedEvent, reservedEvent, testDatabase, testOrder } from '@orderpipeline/stage/testing'
import type { TestDatabase, TestOrder } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { clearedTopic, decode, eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { HeldTooEarlyError } from '../src/apply.ts'
import { cancelOrder } from '../src/cancellation/index.ts'
import { cancelOverdue } from '../src/deadlines/deadlines.ts'
import { ordersStage } from '../src/definition.ts'
import { decideDueHolds, decideHeld, heldPage } from '../src/holds/index.ts'
import type { HoldSettings } from '../src/holds/settings.ts'
import { createIntake, intakeMetrics } from '../src/intake/index.ts'
import { orderById } from '../src/queries/index.ts'
import { countHolds, selectHeldPage } from '../src/sql/holds.ts'
import { staffHistory } from '../src/staff/index.ts'
import { heldFigures } from '../src/stage/held-figures.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
})
beforeEach(async () => {
  await database.ask('orders', 'TRUNCATE orders, order_items, order_events, intake_outbox, outbox, inbox, order_holds')
  await database.ask('orders', 'TRUNCATE staff_acts, staff_looks')
  await database.ask('orders', 'UPDATE sweeps SET due_at = now()')
})
afterAll(() => database.drop())

function pool() {
  return database.as('orders')
}
function now() {
  return new Date()
}
const context = { source: '/test', now: new Date('2026-01-02T03:04:05Z') }
const staff = { name: 'kim', reason: 'asked by telephone' }
const usual: HoldSettings = { seconds: 3_600, atDue: 'CANCEL' }
const deadlines = { placedSeconds: 60, processingSeconds: 60, confirmedSeconds: 60, stalledSeconds: 0 }

async function handle(event: OrderEvent, holds: HoldSettings = usual): Promise<OrderEvent[]> {
  const { apply } = ordersStage({ now }, { deadlines, holds, everySeconds: 0 })
  const store = createStore(pool(), { prefix: '', keyedByOrder: [] }, apply)
  const { records } = await store.effect([{ event, prepared: undefined }], [])
  return records.map(({ value }) => decode(value))
}
function holdRequest({ orderId, customerId }: TestOrder, reason = 'MANY_ORDERS') {
  return eventOf('HoldRequested', { orderId, customerId, reasons: [reason] }, context, reason)
}

async function placeOrder(n = 1): Promise<TestOrder> {
  const { customerId, items, currency } = testOrder(n, { 'SKU-0001': 2 })
  const intake = createIntake({
    ...{ database: pool(), metrics: intakeMetrics(createRegistry()), now, newId: randomUUIDv7 },
    ...{ maxBatch: 10, maxInFlight: 1, maxWaiting: 100 },
  })
  const { orderId } = await intake.place({ customerId, items, currency })
  await intake.close()
  await database.ask('orders', 'TRUNCATE intake_outbox')
  return { orderId, customerId, items, currency }
}
async function processOrder(n = 1): Promise<TestOrder> {
  const order = await placeOrder(n)
  await handle(placedEvent(order))
  return order
}
async function heldOrder(holds: HoldSettings = usual, n = 1): Promise<TestOrder> {
  const order = await processOrder(n)
  await handle(reservedEvent(order))
  expect(await handle(holdRequest(order), holds)).toEqual([])
  return order
}
function decide({ orderId }: TestOrder, decision: 'RELEASE' | 'REJECT') {
  return decideHeld(pool(), { orderId, decision, staff, context: { now: now(), correlationId: 'by hand' } })
}
async function sweep() {
  await database.ask('orders', 'UPDATE sweeps SET due_at = now()')
  return decideDueHolds(pool(), { everySeconds: 0, now, keyedByOrder: () => false })
}
function due(...orders: readonly TestOrder[]) {
  const ids = orders.map(({ orderId }) => orderId)
  return database.ask('orders', `UPDATE order_holds SET due_at = now() - interval '1 s' WHERE order_id = ANY ($1)`, [
    ids,
  ])
}
async function stateOf({ orderId }: TestOrder) {
  const [view, { hold }] = await Promise.all([orderById(pool(), orderId), staffHistory(pool(), orderId)])
  return [view?.status, view?.reason, hold?.outcome, hold?.decidedBy]
}
async function outbox() {
  const rows = await database.ask<{ topic: string; key: string; value: string }>(
    'orders',
    'SELECT topic, key, value FROM intake_outbox ORDER BY id',
  )
  return rows.map(({ topic, key, value }) => ({ topic, key, event: decode(value) }))
}

test('holds an order until its time, with the reasons of the stage that asked', async () => {
  const order = await heldOrder()
  const view = await orderById(pool(), order.orderId)
  expect(view).toMatchObject({ status: 'HELD' })
  expect(view?.timeline.map(({ event, status }) => [event, status])).toEqual(
    expect.arrayContaining([
      ['HoldRequested', undefined],
      ['OrderHeld', 'HELD'],
    ]),
  )
  const [page] = await heldPage(pool(), undefined, 10)
  expect(page).toMatchObject({
    orderId: order.orderId,
    totalCents: expect.any(Number) as number,
    reasons: ['MANY_ORDERS'],
  })
  expect(Date.parse(page?.dueAt ?? '') - Date.parse(page?.heldAt ?? '')).toBe(3_600_000)
  expect(await heldPage(pool(), order.orderId, 10)).toEqual([])
  expect(await heldFigures(pool())).toMatchObject({ count: 1 })
  expect(await outbox()).toEqual([])
})

test('holds an order once: not again after its release, and never one that is paid or unknown to be priced', async () => {
  const order = await heldOrder()
  await decide(order, 'RELEASE')
  await handle(holdRequest(order, 'AGAIN'))
  expect(await stateOf(order)).toEqual(['PROCESSING', undefined, 'RELEASED', 'STAFF'])
  const paidOrder = await processOrder(2)
  const captured = { totalCents: 200, currency: 'EUR', chargeId: 'ch' }
  await handle(
    eventOf('PaymentCaptured', { orderId: paidOrder.orderId, customerId: paidOrder.customerId, ...captured }, context),
  )
  await handle(holdRequest(paidOrder))
  expect(await stateOf(paidOrder)).toEqual(['CONFIRMED', undefined, undefined, undefined])
  expect((await orderById(pool(), paidOrder.orderId))?.timeline.map(({ event }) => event)).not.toContain(
    'HoldRequested',
  )
  const early = await placeOrder(3)
  await expect(handle(holdRequest(early))).rejects.toThrow(HeldTooEarlyError)
  await handle(placedEvent(early))
  await handle(holdRequest(early))
  expect(await stateOf(early)).toEqual(['HELD', undefined, undefined, undefined])
})

test('passes the reservation on to the payment with a release, and records who released it and why', async () => {
  const order = await heldOrder()
  expect(await decide(order, 'RELEASE')).toEqual({ kind: 'decided', status: 'PROCESSING' })
  expect(await outbox()).toMatchObject([
    {
      topic: clearedTopic,
      key: order.customerId,
      event: { type: 'StockReserved', id: reservedEvent(order).id, correlationId: 'by hand' },
    },
  ])
  expect(await staffHistory(pool(), order.orderId)).toMatchObject({
    hold: { outcome: 'RELEASED', decidedBy: 'STAFF' },
    acts: [{ staff: 'kim', act: 'RELEASE', reason: 'asked by telephone', statusBefore: 'HELD' }],
  })
  expect(await decide(order, 'RELEASE')).toEqual({ kind: 'decided-before', status: 'PROCESSING' })
  expect(await decide(order, 'REJECT')).toEqual({ kind: 'not-held', status: 'PROCESSING' })
  expect(
    await decideHeld(pool(), { orderId: randomUUID(), decision: 'RELEASE', staff, context: { now: now() } }),
  ).toEqual({
    kind: 'unknown',
  })
  expect(await outbox()).toHaveLength(1)
  expect((await staffHistory(pool(), order.orderId)).acts).toHaveLength(1)
})

test('does not release an order whose reservation it has not read, and does so afterwards', async () => {
  const order = await processOrder()
  await handle(holdRequest(order))
  expect(await decide(order, 'RELEASE')).toEqual({ kind: 'not-reserved' })
  expect([await stateOf(order), await outbox()]).toEqual([['HELD', undefined, undefined, undefined], []])
  await handle(reservedEvent(order))
  expect(await decide(order, 'RELEASE')).toMatchObject({ kind: 'decided' })
})

test('keeps an order held that was charged all the same, and confirms it with its release', async () => {
  const order = await heldOrder()
  const data = {
    orderId: order.orderId,
    customerId: order.customerId,
    totalCents: 200,
    currency: 'EUR',
    chargeId: 'ch',
  }
  expect(await handle(eventOf('PaymentCaptured', data, context))).toEqual([])
  expect(await decide(order, 'RELEASE')).toEqual({ kind: 'decided', status: 'CONFIRMED' })
  expect((await outbox()).map(({ event }) => event)).toMatchObject([
    { type: 'OrderConfirmed', data: { items: order.items } },
    { type: 'OrderStatusChanged', data: { status: 'CONFIRMED' } },
  ])
})

test('cancels a rejected order as fraud, and one that its customer cancels as theirs', async () => {
  const [rejected, cancelled] = [await heldOrder(), await heldOrder(usual, 2)]
  expect(await decide(rejected, 'REJECT')).toEqual({ kind: 'decided', status: 'CANCELLED' })
  await cancelOrder(pool(), { orderId: cancelled.orderId, context: { now: now() } })
  expect(await stateOf(rejected)).toEqual(['CANCELLED', 'FRAUD', 'CANCELLED', 'STAFF'])
  expect(await stateOf(cancelled)).toEqual(['CANCELLED', 'CUSTOMER', 'CANCELLED', 'CUSTOMER'])
  expect((await outbox()).map(({ topic }) => topic)).toEqual([
    ...['orders.cancelled', 'orders.status', 'orders.cancelled', 'orders.status'],
  ])
})

test('records a cancellation by staff with its reason, of any order', async () => {
  const order = await processOrder()
  expect(await cancelOrder(pool(), { orderId: order.orderId, staff, context: { now: now() } })).toEqual({
    kind: 'cancelled',
  })
  expect(await stateOf(order)).toEqual(['CANCELLED', 'SHOP', undefined, undefined])
  expect((await staffHistory(pool(), order.orderId)).acts).toMatchObject([
    { act: 'CANCEL', statusBefore: 'PROCESSING' },
  ])
})

test('ends the hold of an order that an event ends', async () => {
  const order = await heldOrder()
  const data = { orderId: order.orderId, customerId: order.customerId, missingSkus: ['SKU-0001'] }
  await handle(eventOf('StockRejected', data, context))
  expect(await stateOf(order)).toEqual(['CANCELLED', 'OUT_OF_STOCK', 'CANCELLED', 'EVENT'])
})

test('cancels a held order that was charged all the same, once the bank has taken the money back', async () => {
  const order = await heldOrder()
  const { orderId, customerId } = order
  const money = { orderId, customerId, chargeId: 'ch', currency: 'EUR' }
  await handle(eventOf('PaymentCaptured', { ...money, totalCents: 200 }, context))
  const dispute = { ...money, disputeId: 'du-1', amountCents: 200, reason: 'fraudulent' }
  expect(await handle(eventOf('PaymentDisputed', dispute, context, 'du-1'))).toMatchObject([
    { type: 'OrderCancelled', data: { reason: 'DISPUTED' } },
    { type: 'OrderStatusChanged', data: { status: 'CANCELLED' } },
  ])
  expect(await stateOf(order)).toEqual(['CANCELLED', 'DISPUTED', 'CANCELLED', 'EVENT'])
  expect(await decide(order, 'RELEASE')).toMatchObject({ kind: 'not-held', status: 'CANCELLED' })
  expect((await orderById(pool(), orderId))?.disputes).toMatchObject([{ disputeId: 'du-1', status: 'OPEN' }])
})

test('ships a held order whose shipment is prepared: a restored database does not know its release', async () => {
  const order = await heldOrder()
  const { orderId, customerId } = order
  const released = await handle(eventOf('ShipmentPrepared', { orderId, customerId, shipmentId: orderId }, context))
  expect(released.map(({ type }) => type)).toEqual(['OrderShipped', 'OrderStatusChanged'])
  expect(await stateOf(order)).toEqual(['SHIPPED', undefined, 'RELEASED', 'EVENT'])
})

test.each([
  ['CANCEL', ['CANCELLED', 'FRAUD', 'CANCELLED', 'TIME']],
  ['RELEASE', ['PROCESSING', undefined, 'RELEASED', 'TIME']],
] as const)('time decides by %s once it is over, and not before', async (atDue, expected) => {
  const order = await heldOrder({ seconds: 3_600, atDue })
  expect(await sweep()).toEqual({ cancelled: [], released: [] })
  await due(order)
  const { cancelled, released } = await sweep()
  expect([...cancelled, ...released]).toEqual([order.orderId])
  expect(await stateOf(order)).toEqual(expected)
  expect(await sweep()).toEqual({ cancelled: [], released: [] })
})

test('waits for the stock of an order that time releases, and cancels it after a day without', async () => {
  const order = await processOrder()
  await handle(holdRequest(order), { seconds: 1, atDue: 'RELEASE' })
  await due(order)
  expect(await sweep()).toEqual({ cancelled: [], released: [] })
  const [hold] = await database.ask<{ later: boolean }>('orders', 'SELECT due_at > now() AS later FROM order_holds')
  expect(hold).toEqual({ later: true })
  await database.ask('orders', `UPDATE order_holds SET held_at = now() - interval '2 days'`)
  await due(order)
  expect(await sweep()).toEqual({ cancelled: [order.orderId], released: [] })
  expect(await stateOf(order)).toEqual(['CANCELLED', 'DEADLINE', 'CANCELLED', 'TIME'])
})

test('skips a due hold whose order is being changed, and ends those of orders that are no longer held', async () => {
  const orders = [await heldOrder(), await heldOrder(usual, 2), await heldOrder(usual, 3)] as const
  const [changing, cancelled, confirmed] = orders
  await due(...orders)
  const change = 'UPDATE orders SET status = $2, reason = $3 WHERE order_id = $1'
  await database.ask('orders', change, [cancelled.orderId, 'CANCELLED', 'CUSTOMER'])
  await database.ask('orders', change, [confirmed.orderId, 'CONFIRMED', null])
  await pool().transaction(async (tx) => {
    await tx.query({ name: '', text: 'UPDATE orders SET updated_at = now() WHERE order_id = $1' }, [changing.orderId])
    expect(await sweep()).toEqual({ cancelled: [], released: [] })
  })
  expect(await stateOf(cancelled)).toEqual(['CANCELLED', 'CUSTOMER', 'CANCELLED', 'EVENT'])
  expect(await stateOf(confirmed)).toEqual(['CONFIRMED', undefined, 'RELEASED', 'EVENT'])
  expect(await sweep()).toEqual({ cancelled: [changing.orderId], released: [] })
})

test('does not count the time of a hold as waiting for stock or payment', async () => {
  const order = await heldOrder()
  await database.ask('orders', `UPDATE orders SET updated_at = now() - interval '9 days'`)
  await database.ask('orders', `UPDATE deadline_progress SET last_at = now(), resumed_at = '-infinity'`)
  const check = { deadlines, everySeconds: 0, now, keyedByOrder: () => false }
  expect(await cancelOverdue(pool(), check)).toEqual([])
  expect(await stateOf(order)).toEqual(['HELD', undefined, undefined, undefined])
})

test('a person, a customer and time who decide at the same moment decide once', async () => {
  const orders: TestOrder[] = []
  for (let n = 0; n < 40; n++)
    orders.push(await heldOrder({ seconds: 1, atDue: n % 2 === 0 ? 'CANCEL' : 'RELEASE' }, n))
  await due(...orders)
  const outcomes = await Promise.all([
    ...[1, 2, 3].map(() => sweep()),
    ...orders.flatMap((order) => [decide(order, 'RELEASE'), decide(order, 'REJECT')]),
    ...orders.map(({ orderId }) => cancelOrder(pool(), { orderId, context: { now: now() } })),
  ])
  for (let more = true; more;) {
    const { cancelled, released } = await sweep()
    more = cancelled.length + released.length > 0
  }
  expect(outcomes.length).toBe(123)
  const events = await outbox()
  const acts = await database.ask<{ order_id: string }>('orders', 'SELECT order_id FROM staff_acts')
  expect(new Set(acts.map(({ order_id }) => order_id)).size).toBe(acts.length)
  for (const order of orders) {
    const [status, , outcome] = await stateOf(order)
    const cleared = events.filter(({ topic, event }) => topic === clearedTopic && event.data.orderId === order.orderId)
    expect(outcome).toMatch(/RELEASED|CANCELLED/)
    // A released order may be cancelled afterwards by its customer; a cancelled one is never
    // released.
    expect(cleared).toHaveLength(outcome === 'RELEASED' ? 1 : 0)
    expect(['PROCESSING', 'CANCELLED']).toContain(status)
    expect(
      events.filter(({ event }) => event.type === 'OrderCancelled' && event.data.orderId === order.orderId),
    ).toHaveLength(status === 'CANCELLED' ? 1 : 0)
  }
})

test('finds held orders among many others by their holds, and leaves out those that are no longer held', async () => {
  const rows = `SELECT n, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid AS id FROM generate_series(1, 200000) AS n`
  await database.ask(
    'orders',
    `INSERT INTO orders (order_id, customer_id, currency, status)
     SELECT id, 'c', 'EUR', CASE WHEN n % 20 = 0 THEN 'HELD' ELSE 'SHIPPED' END FROM (${rows}) AS every`,
  )
  await database.ask(
    'orders',
    `INSERT INTO order_holds (order_id, reasons, held_at, due_at, at_due)
     SELECT id, '["A"]', now() - make_interval(secs => n), now(), 'CANCEL' FROM (${rows}) AS every WHERE n % 10 = 0`,
  )
  await database.ask('orders', 'ANALYZE orders, order_holds')
  expect(await heldFigures(pool())).toMatchObject({ count: 10_000 })
  const page = await heldPage(pool(), undefined, 3)
  expect(page.map(({ orderId }) => Number(orderId.slice(-6)))).toEqual([20, 40, 60])
  for (const [statement, values] of [
    [selectHeldPage, ['00000000-0000-0000-0000-000000000000', 50]],
    [countHolds, []],
  ] as const) {
    const plan = JSON.stringify(await database.ask('orders', `EXPLAIN ${statement.text}`, [...values]))
    // Months without an order have nothing to scan.
    expect(plan).not.toContain('Seq Scan on orders_default')
  }
})

test('a held order may be in a month that is made later, and keeps its month attached', async () => {
  const [row] = await database.ask<{ made: boolean }>('orders', `SELECT make_order_month('2031-05-01') AS made`)
  expect(row).toEqual({ made: true })
  await database.ask(
    'orders',
    `INSERT INTO orders (order_id, customer_id, currency, status) VALUES (first_order_id('2031-05-01'), 'c', 'EUR', 'HELD')`,
  )
  const wrong = `INSERT INTO orders (order_id, customer_id, currency, status) VALUES (gen_random_uuid(), 'c', 'EUR', 'WRONG')`
  await expect(database.ask('orders', wrong)).rejects.toThrow('orders_status_check')
})
