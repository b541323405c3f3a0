// Do replicas that handle one order's confirmation and cancellation at once agree on one end of its
// shipment?
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createStore } from '@orderpipeline/stage'
import { cancelledEvent, testDatabase, testOrder } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { shippingStage } from '../src/definition.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
})
afterAll(() => database.drop())

const context = { source: '/test', now: new Date(0) }
const { apply } = shippingStage({ now: () => new Date() })

/**
 * As a stage would: a batch that lost against another is tried again. Returns the number of events.
 */
async function process(events: readonly OrderEvent[], attempts = 20): Promise<number> {
  const items = events.map((event) => ({ event, prepared: undefined }))
  const store = createStore(database.as('shipping'), { prefix: '', keyedByOrder: [] }, apply)
  try {
    return (await store.effect(items, [])).records.length
  } catch (error) {
    if (attempts === 1 || !(error instanceof Error && 'retry' in error && error.retry === true)) throw error
    return process(events, attempts - 1)
  }
}

test('parallel confirmation and cancellation recalls or never packs each shipment', async () => {
  const orders = Array.from({ length: 60 }, (_, n) => testOrder(n, { 'SKU-0001': 2 }))
  const confirmations = orders.map(({ orderId, customerId, items }) =>
    eventOf('OrderConfirmed', { orderId, customerId, items }, context),
  )
  const batches = Array.from({ length: 6 }, (_, n) => n * 10).flatMap((n) => [
    confirmations.slice(n, n + 10),
    orders
      .slice(n, n + 10)
      .reverse()
      .map(cancelledEvent),
  ])
  const counts = await Promise.all(batches.map((batch) => process(batch)))
  const rows = await database.ask<{ status: string; items: unknown[]; packed: boolean }>(
    'shipping',
    'SELECT status, items, shipment_id IS NOT NULL AS packed FROM shipments WHERE order_id = ANY ($1)',
    [orders.map(({ orderId }) => orderId)],
  )
  expect(rows).toHaveLength(60)
  const recalledRows = rows.filter(({ status }) => status === 'RECALLED')
  expect(recalledRows.every(({ packed, items }) => packed && items.length === 1)).toBe(true)
  expect(rows.filter(({ status }) => status === 'CANCELLED_EARLY')).toHaveLength(60 - recalledRows.length)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(recalledRows.length)
})

test('a dispatched shipment ignores repeated messages', async () => {
  const { orderId, customerId, items } = testOrder(1, { 'SKU-0001': 2 })
  await process([eventOf('OrderConfirmed', { orderId, customerId, items }, context)])
  const shippedEvent = eventOf('OrderShipped', { orderId, customerId, shipmentId: orderId }, context)
  await process([shippedEvent])
  expect(await process([shippedEvent])).toBe(0)
  expect(await database.ask('shipping', 'SELECT status, items FROM shipments WHERE order_id = $1', [orderId])).toEqual([
    { status: 'DISPATCHED', items: [{ sku: 'SKU-0001', quantity: 2 }] },
  ])
})
