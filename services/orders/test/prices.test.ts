// Is the price that was agreed when an order was placed the one that is charged, in the order's own
// currency?
import { randomUUIDv7 } from 'node:crypto'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createStore } from '@orderpipeline/stage'
import { placedEvent, testDatabase, testOrder } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { decode } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createIntake, intakeMetrics } from '../src/intake/index.ts'
import type { Intake } from '../src/intake/index.ts'
import { orderById, productBySku } from '../src/queries/index.ts'
import { ordersStage } from '../src/definition.ts'
import { order } from './intake-environment.ts'

let database: TestDatabase
let intake: Intake
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  intake = createIntake({
    database: database.as('orders'),
    metrics: intakeMetrics(createRegistry()),
    now: () => new Date(),
    newId: randomUUIDv7,
    maxBatch: 100,
    maxInFlight: 1,
    maxWaiting: 1_000,
  })
  await database.ask('orders', `UPDATE products SET price_cents = 1000`)
  await database.ask('orders', `INSERT INTO product_prices VALUES ('SKU-0001', 'JPY', 1600), ('SKU-0001', 'KWD', 3100)`)
})
afterAll(async () => {
  await intake.close()
  await database.drop()
})

function reprice(cents: number) {
  return database.ask('orders', 'UPDATE products SET price_cents = $1', [cents])
}
async function work(events: readonly OrderEvent[]) {
  const store = createStore(
    database.as('orders'),
    { prefix: '', keyedByOrder: [] },
    ordersStage({ now: () => new Date() }).apply,
  )
  for (const event of events) await store.effect([{ event, prepared: undefined }], [])
}
/** Until it is priced by the stage, with the event that the intake wrote. */
async function processOrder(orderId: string) {
  const [row] = await database.ask<{ value: string }>(
    'orders',
    `SELECT value FROM intake_outbox WHERE value LIKE '%' || $1 || '%'`,
    [orderId],
  )
  await work([decode(row?.value ?? null)])
  const [message] = await database.ask<{ value: string }>(
    'orders',
    `SELECT value FROM outbox WHERE topic = 'orders.validated' AND value LIKE '%' || $1 || '%'`,
    [orderId],
  )
  return { view: await orderById(database.as('orders'), orderId), validated: message && decode(message.value) }
}

test('charges the price of the time of placement', async () => {
  const { orderId } = await intake.place(order())
  expect(await orderById(database.as('orders'), orderId)).toMatchObject({ totalCents: 3000 })
  await reprice(9999)
  const { view, validated } = await processOrder(orderId)
  await reprice(1000)
  expect(view).toMatchObject({ status: 'PROCESSING', totalCents: 3000 })
  expect(view?.items.map(({ unitPriceCents }) => unitPriceCents)).toEqual([1000, 1000])
  expect(validated).toMatchObject({ type: 'OrderValidated', data: { totalCents: 3000, currency: 'EUR' } })
})

test('continues an order of a product that was removed after it was placed', async () => {
  const { orderId } = await intake.place(order({ items: [{ sku: 'SKU-0009', quantity: 1 }] }))
  await database.ask('orders', `DELETE FROM products WHERE sku = 'SKU-0009'`)
  expect((await processOrder(orderId)).view).toMatchObject({ status: 'PROCESSING', totalCents: 1000 })
})

test.each([
  ['JPY', 1600],
  ['KWD', 3100],
])('an order in %s costs the price in that currency', async (currency, totalCents) => {
  const { orderId } = await intake.place(order({ currency, items: [{ sku: 'SKU-0001', quantity: 1 }] }))
  expect((await processOrder(orderId)).validated).toMatchObject({ data: { totalCents, currency } })
})

test('refuses a product not sold in the currency, alone in its commit, with its line', async () => {
  const answers = await Promise.allSettled(
    [order(), order({ currency: 'JPY' }), order({ currency: 'ZZZ' }), order()].map((each) => intake.place(each)),
  )
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
  expect(answers[1]).toMatchObject({ reason: { name: 'ItemsNotSoldError', items: [{ line: 1, currencies: ['EUR'] }] } })
  expect(answers[2]).toMatchObject({ reason: { items: [{ currencies: ['EUR', 'JPY', 'KWD'] }, { line: 1 }] } })
})

test('refuses a wrong expected total, but not the repeat of a placed order', async () => {
  const request = order({ expectedTotalCents: 3000, idempotencyKey: 'expected' })
  await expect(intake.place({ ...request, expectedTotalCents: 2999 })).rejects.toMatchObject({
    name: 'TotalChangedError',
    totalCents: 3000,
  })
  const { orderId } = await intake.place(request)
  await reprice(2000)
  expect(await intake.place(request)).toEqual({ orderId, repeated: true })
  await expect(intake.place({ ...request, idempotencyKey: 'another' })).rejects.toMatchObject({ totalCents: 6000 })
  await reprice(1000)
})

test('prices an order from an older gateway in its own currency', async () => {
  const old = { ...testOrder(1, { 'SKU-0001': 3 }), currency: 'JPY' }
  const unpricedOrder = { ...testOrder(2, { 'SKU-0002': 1 }), currency: 'JPY' }
  for (const { orderId, customerId, items } of [old, unpricedOrder]) {
    await database.ask('orders', `INSERT INTO orders (order_id, customer_id, currency) VALUES ($1, $2, 'JPY')`, [
      orderId,
      customerId,
    ])
    const [line] = items
    await database.ask('orders', `INSERT INTO order_items (order_id, line, sku, quantity) VALUES ($1, 1, $2, $3)`, [
      orderId,
      line?.sku,
      line?.quantity,
    ])
  }
  await work([placedEvent(old), placedEvent(unpricedOrder)])
  expect(await orderById(database.as('orders'), old.orderId)).toMatchObject({
    totalCents: 4800,
    items: [{ unitPriceCents: 1600 }],
  })
  expect(await orderById(database.as('orders'), unpricedOrder.orderId)).toMatchObject({
    status: 'CANCELLED',
    reason: 'UNKNOWN_SKU',
  })
})

test('shows every currency of a product with its decimals', async () => {
  expect(await productBySku(database.as('orders'), 'SKU-0001')).toMatchObject({
    priceCents: 1000,
    currency: 'EUR',
    prices: [
      { currency: 'EUR', priceCents: 1000, minorUnits: 2 },
      { currency: 'JPY', priceCents: 1600, minorUnits: 0 },
      { currency: 'KWD', priceCents: 3100, minorUnits: 3 },
    ],
  })
})
