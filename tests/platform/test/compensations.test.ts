// Is every step compensated for an order that waits too long, whichever step it has reached? By the
// clock or by the question after its stock, through the real gateway, stages, provider and mail
// server.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { consumedTopics, shopStages, until } from '@orderpipeline/stage/testing'
import type { ShopStage, TestStage } from '@orderpipeline/stage/testing'
import { startPlatform } from '../src/platform.ts'
import type { Platform, StageOptions } from '../src/platform.ts'

let platform: Platform
const accepted: string[] = []
beforeAll(async () => {
  platform = await startPlatform()
  await platform.behave({ declineRate: 0 })
}, 300_000)
afterAll(() => platform.close(), 120_000)

const running = new Set<TestStage>()
function start(stage: ShopStage, options?: StageOptions): TestStage {
  const replica = platform.start(stage, options)
  running.add(replica)
  return replica
}
/** With every stage there, all unread messages are handled, and change nothing any more. */
afterEach(async () => {
  await Promise.all([...running].map((replica) => replica.drain()))
  running.clear()
  for (const stage of shopStages) start(stage)
  await platform.settled()
  // One order without a failure, so that every test has something sold at its end.
  await place()
  await platform.settled()
  await platform.expectFlawless(accepted)
  await Promise.all([...running].map((replica) => replica.drain()))
  running.clear()
}, 300_000)

const never = 366 * 86_400
const deadlines = { placedSeconds: never, processingSeconds: never, confirmedSeconds: never, stalledSeconds: 0 }
/** The topics that the stage consumes in the shop, except these. */
function topicsWithout(stage: ShopStage, ...topics: string[]) {
  return consumedTopics[stage].filter((topic: string) => !topics.includes(topic))
}
function impatient(after: Partial<typeof deadlines>, ...ignored: string[]): StageOptions {
  return {
    consumes: topicsWithout('orders', ...ignored),
    orders: { deadlines: { ...deadlines, ...after }, everySeconds: 0.2 },
  }
}

async function place(): Promise<string> {
  const response = await fetch(`${platform.gateway.url}/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 2 }] }),
  })
  expect(response.status).toBe(202)
  const { orderId } = (await response.json()) as { orderId: string }
  accepted.push(orderId)
  return orderId
}
interface Shown {
  readonly status: string
  readonly reason?: string
  readonly timeline: readonly { readonly event: string }[]
}
async function orderView(orderId: string): Promise<Shown> {
  return (await (await fetch(`${platform.gateway.url}/v1/orders/${orderId}`)).json()) as Shown
}
function becomes(orderId: string, expected: string) {
  return until(async () => (await orderView(orderId)).status === expected)
}

async function statusIn(role: string, table: string, orderId: string): Promise<string | undefined> {
  return (
    await platform.database.ask<{ status: string }>(role, `SELECT status FROM ${table} WHERE order_id = $1`, [orderId])
  )[0]?.status
}
function reservation(orderId: string) {
  return statusIn('inventory', 'reservations', orderId)
}
function shipment(orderId: string) {
  return statusIn('shipping', 'shipments', orderId)
}
function payment(orderId: string) {
  return statusIn('payment', 'payments', orderId)
}
async function available() {
  return (
    await platform.database.ask<{ available: number }>(
      'inventory',
      `SELECT available FROM stock WHERE sku = 'SKU-0001'`,
    )
  )[0]?.available
}
function money(orderId: string) {
  return platform.database.ask<{ status: string; refunds: number }>(
    'payment_provider',
    `SELECT status, count(refund_id) AS refunds FROM charges LEFT JOIN refunds USING (charge_id)
     WHERE charges.order_id = $1 GROUP BY charge_id, status`,
    [orderId],
  )
}
async function nobodyWaits(stage: ShopStage) {
  for (const topic of consumedTopics[stage]) await until(async () => (await platform.bench.lag(stage, topic)) === 0)
}

/** The customer gets one mail, with a text of its own, and sees why. */
async function expectNotified(orderId: string): Promise<void> {
  expect(await orderView(orderId)).toMatchObject({ status: 'CANCELLED', reason: 'DEADLINE' })
  const cancellationMails = () =>
    platform.mails.received.filter(({ messageId }) => messageId === `<${orderId}.cancelled@shop.test>`)
  await until(() => cancellationMails().length > 0)
  expect(cancellationMails().map(({ text }) => text.includes('not complete it in the time we promise'))).toEqual([true])
  expect(
    await platform.database.ask(
      'notification',
      `SELECT status, reason FROM notifications WHERE order_id = $1 AND reason IS NOT NULL`,
      [orderId],
    ),
  ).toEqual([{ status: 'CANCELLED', reason: 'DEADLINE' }])
}

test('cancels an order that no stage takes up, without any later effect', async () => {
  start('orders', impatient({ placedSeconds: 1 }, 'orders.placed'))
  for (const stage of ['inventory', 'payment', 'notification'] as const) start(stage)
  const before = await available()
  const orderId = await place()
  await becomes(orderId, 'CANCELLED')
  await expectNotified(orderId)
  await nobodyWaits('inventory')
  await nobodyWaits('payment')
  expect(await reservation(orderId)).toBe('CANCELLED_EARLY')
  expect(await available()).toBe(before)
  expect(await money(orderId)).toEqual([{ status: 'voided', refunds: 0 }])
})

test('cancels an order without a payment answer, releases stock and refunds', async () => {
  start('orders', { consumes: topicsWithout('orders', 'payment.processed') })
  for (const stage of ['inventory', 'payment', 'notification'] as const) start(stage)
  const before = await available()
  const orderId = await place()
  await until(async () => (await payment(orderId)) === 'CAPTURED')
  expect([await available(), await reservation(orderId)]).toEqual([(before ?? 0) - 2, 'RESERVED'])
  start('orders', impatient({ processingSeconds: 1 }, 'payment.processed'))
  await becomes(orderId, 'CANCELLED')
  await expectNotified(orderId)
  await until(async () => (await reservation(orderId)) === 'RELEASED')
  expect(await available()).toBe(before)
  await until(async () => (await payment(orderId)) === 'REFUNDED')
  expect(await money(orderId)).toEqual([{ status: 'captured', refunds: 1 }])
})

test('cancels a paid order that is not shipped, recalls, releases and refunds', async () => {
  const patient = start('orders', { consumes: topicsWithout('orders', 'shipping.updated') })
  for (const stage of ['inventory', 'payment', 'shipping', 'notification'] as const) start(stage)
  const before = await available()
  const orderId = await place()
  await until(async () => (await shipment(orderId)) === 'PREPARED')
  await patient.drain()
  expect((await orderView(orderId)).status).toBe('CONFIRMED')
  start('orders', impatient({ confirmedSeconds: 1 }, 'shipping.updated'))
  await becomes(orderId, 'CANCELLED')
  await expectNotified(orderId)
  await until(async () => (await shipment(orderId)) === 'RECALLED')
  await until(async () => (await reservation(orderId)) === 'RELEASED')
  expect(await available()).toBe(before)
  await until(async () => (await payment(orderId)) === 'REFUNDED')
  expect(await money(orderId)).toEqual([{ status: 'captured', refunds: 1 }])
})

test('cancels an order with an unpaid reservation and keeps no money', async () => {
  start('orders')
  start('inventory', { inventory: { reservationSeconds: 1, everySeconds: 0.2 } })
  start('notification')
  const before = await available()
  const orderId = await place()
  await becomes(orderId, 'CANCELLED')
  await expectNotified(orderId)
  await until(async () => (await reservation(orderId)) === 'RELEASED')
  expect(await available()).toBe(before)
  start('payment')
  await nobodyWaits('payment')
  expect(await money(orderId)).not.toContainEqual(expect.objectContaining({ status: 'captured', refunds: 0 }))
  expect(await payment(orderId)).not.toBe('CAPTURED')
})

test('keeps a reservation whose payment is on its way, and ships the order', async () => {
  start('orders', { consumes: topicsWithout('orders', 'shipping.updated') })
  const withoutFulfilment = { consumes: topicsWithout('inventory', 'orders.fulfilment') }
  const withoutQuestions = start('inventory', {
    ...withoutFulfilment,
    inventory: { reservationSeconds: 1, everySeconds: 1_000_000 },
  })
  for (const stage of ['payment', 'notification'] as const) start(stage)
  const orderId = await place()
  await becomes(orderId, 'CONFIRMED')
  await withoutQuestions.drain()
  start('inventory', { ...withoutFulfilment, inventory: { reservationSeconds: 1, everySeconds: 0.2 } })
  const expirations = async () =>
    (await platform.bench.events('inventory.updated')).filter(
      ({ type, data }) => type === 'ReservationExpired' && data.orderId === orderId,
    )
  await until(async () => (await expirations()).length > 0)
  await nobodyWaits('orders')
  expect((await orderView(orderId)).status).toBe('CONFIRMED')
  expect(await reservation(orderId)).toBe('RESERVED')
  await Promise.all([...running].map((replica) => replica.drain()))
  start('orders')
  start('shipping')
  await becomes(orderId, 'SHIPPED')
})
