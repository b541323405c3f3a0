// Does a suspicious order wait before its charge, and is every account in balance however it is
// decided? A stage between inventory and payment, next to the real gateway, stages and provider.
import { clearedTopic, encode, encodeCleared, eventOf } from '@orderpipeline/order-events'
import { decideHeld } from '@orderpipeline/orders/holds'
import { consumedTopics, until } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPlatform } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'

let platform: Platform
let screening: Promise<void>
let ended = false
const accepted: string[] = []
/** Orders of more pieces than this are held. */
const mostPieces = 5

beforeAll(async () => {
  platform = await startPlatform({ topics: ['orders.holds', clearedTopic] })
  await platform.behave({ declineRate: 0 })
  for (const stage of ['inventory', 'shipping', 'notification'] as const) platform.start(stage)
  platform.start('orders', { consumes: consumed.orders })
  platform.start('payment', { consumes: consumed.payment })
  screening = screen()
}, 300_000)
afterAll(async () => {
  ended = true
  await screening
  await platform.close()
})

/** Passes reservations on as they came, or asks for a hold; each twice, as after a crash. */
async function screen(): Promise<void> {
  const times = new Map<string, number>()
  while (!ended) {
    const events = await platform.bench.events('inventory.updated')
    const records = events.flatMap((event) => {
      if (event.type !== 'StockReserved' || times.get(event.id) === 2) return []
      times.set(event.id, (times.get(event.id) ?? 0) + 1)
      const { orderId, customerId, totalCents } = event.data
      if (totalCents <= mostPieces * unitPrice) return [encodeCleared(event)]
      const context = { source: '/screening', now: new Date() }
      return [encode(eventOf('HoldRequested', { orderId, customerId, reasons: ['LARGE_ORDER'] }, context))]
    })
    await platform.bench.publishRaw(records)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

let unitPrice = 0
async function place(quantity: number): Promise<string> {
  const response = await fetch(`${platform.gateway.url}/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customerId: `customer-${accepted.length}`, items: [{ sku: 'SKU-0001', quantity }] }),
  })
  expect(response.status).toBe(202)
  const { orderId } = (await response.json()) as { orderId: string }
  accepted.push(orderId)
  return orderId
}
async function statusOf(orderId: string): Promise<string> {
  const answer = await fetch(`${platform.gateway.url}/v1/orders/${orderId}`)
  return ((await answer.json()) as { status: string }).status
}
function charges(orderId: string) {
  return platform.database.ask<{ status: string }>(
    'payment_provider',
    'SELECT status FROM charges WHERE order_id = $1',
    [orderId],
  )
}
function decide(orderId: string, decision: 'RELEASE' | 'REJECT') {
  const staff = { name: 'kim', reason: 'a test' }
  return decideHeld(platform.database.as('orders'), { orderId, decision, staff, context: { now: new Date() } })
}

const consumed = {
  ...consumedTopics,
  orders: [...consumedTopics.orders, 'orders.holds'],
  payment: [clearedTopic, 'orders.cancelled'],
}
async function isSettled(): Promise<boolean> {
  const counts = await Promise.all([
    platform.database.ask('orders', `SELECT FROM orders WHERE status NOT IN ('SHIPPED', 'CANCELLED') LIMIT 1`),
    platform.database.ask('orders', 'SELECT FROM intake_outbox LIMIT 1'),
    platform.database.ask('notification', 'SELECT FROM mails LIMIT 1'),
  ])
  if (counts.some(({ length }) => length > 0)) return false
  for (const [stage, topics] of Object.entries(consumed))
    for (const topic of topics) if ((await platform.bench.lag(stage, topic)) > 0) return false
  return true
}

test('charges a held order once it is released, gives back the stock of a rejected one, and slows no other', async () => {
  const [price] = await platform.database.ask<{ price_cents: number }>(
    'orders',
    `SELECT price_cents FROM products WHERE sku = 'SKU-0001'`,
  )
  unitPrice = price?.price_cents ?? 0
  const usual = await Promise.all(Array.from({ length: 20 }, (_, n) => place(1 + (n % 3))))
  const [released = '', rejected = '', cancelled = ''] = [await place(7), await place(8), await place(9)]
  for (const orderId of [released, rejected, cancelled]) await until(async () => (await statusOf(orderId)) === 'HELD')
  for (const orderId of usual) await until(async () => (await statusOf(orderId)) === 'SHIPPED')
  for (const orderId of [released, rejected, cancelled]) expect(await charges(orderId)).toEqual([])
  await until(async () => (await decide(released, 'RELEASE')).kind === 'decided')
  await until(async () => (await decide(rejected, 'REJECT')).kind === 'decided')
  await fetch(`${platform.gateway.url}/v1/orders/${cancelled}`, { method: 'DELETE' })
  await until(async () => (await statusOf(released)) === 'SHIPPED')
  await until(isSettled, 250)
  await platform.expectFlawless(accepted)
  expect(await charges(released)).toEqual([{ status: 'captured' }])
  for (const orderId of [rejected, cancelled])
    expect((await charges(orderId)).filter(({ status }) => status === 'captured')).toEqual([])
}, 300_000)
