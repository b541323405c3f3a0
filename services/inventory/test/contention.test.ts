// Can many replicas that fight for the last pieces sell one too many?
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createStore } from '@orderpipeline/stage'
import { cancelledEvent, testDatabase, testOrder, validatedEvent } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import type { OrderEvent } from '@orderpipeline/order-events'
import { inventoryStage } from '../src/definition.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 5, seedStockQuantity: 100 })
})
afterAll(() => database.drop())

const { apply } = inventoryStage({ now: () => new Date() })
function store() {
  return createStore(database.as('inventory'), { prefix: '', keyedByOrder: [] }, apply)
}

/** As a stage would: a batch that lost against another is tried again. */
async function process(events: readonly OrderEvent[], attempts = 20): Promise<void> {
  const items = events.map((event) => ({ event, prepared: undefined }))
  try {
    await store().effect(items, [])
  } catch (error) {
    if (attempts === 1 || !(error instanceof Error && 'retry' in error && error.retry === true)) throw error
    await process(events, attempts - 1)
  }
}

async function available(sku: string) {
  return (
    await database.ask<{ available: number }>('inventory', 'SELECT available FROM stock WHERE sku = $1', [sku])
  )[0]?.available
}
async function statusCounts(orderIds: readonly string[]) {
  return database.ask<{ status: string; count: number }>(
    'inventory',
    'SELECT status, count(*) FROM reservations WHERE order_id = ANY ($1) GROUP BY 1 ORDER BY 1',
    [orderIds],
  )
}

test('reserves 100 of 150 orders for 100 pieces in parallel batches', async () => {
  const orders = Array.from({ length: 150 }, (_, n) => testOrder(n, { 'SKU-0001': 1, 'SKU-0002': 1 }))
  const batches = Array.from({ length: 15 }, (_, batch) => orders.slice(batch * 10, batch * 10 + 10))
  await Promise.all(batches.map((batch) => process(batch.map(validatedEvent))))
  expect(await available('SKU-0001')).toBe(0)
  expect(await statusCounts(orders.map(({ orderId }) => orderId))).toEqual([
    { status: 'REJECTED', count: 50 },
    { status: 'RESERVED', count: 100 },
  ])
})

test('returns all stock of orders cancelled before or during reservation', async () => {
  const orders = Array.from({ length: 40 }, (_, n) => testOrder(n, { 'SKU-0003': 1, 'SKU-0004': 2 }))
  const reservations = Array.from({ length: 8 }, (_, n) => orders.slice(n * 5, n * 5 + 5).map(validatedEvent))
  const cancellations = Array.from({ length: 4 }, (_, n) => orders.slice(n * 10, n * 10 + 10).map(cancelledEvent))
  await Promise.all([...reservations, ...cancellations, ...cancellations].map((batch) => process(batch)))
  expect(await available('SKU-0003')).toBe(100)
  expect(await available('SKU-0004')).toBe(100)
  const statuses = await statusCounts(orders.map(({ orderId }) => orderId))
  expect(statuses.map(({ status }) => status)).not.toContain('RESERVED')
  expect(statuses.reduce((sum, { count }) => sum + count, 0)).toBe(40)
})

test('one unknown SKU rejects the whole order', async () => {
  const order = testOrder(1, { 'SKU-0005': 1, 'SKU-9999': 1 })
  await process([validatedEvent(order)])
  expect(await available('SKU-0005')).toBe(100)
  expect(await statusCounts([order.orderId])).toEqual([{ status: 'REJECTED', count: 1 }])
})

test('sells 100 pieces of one SKU to 10,000 buyers on four replicas', async () => {
  const orders = Array.from({ length: 10_000 }, (_, n) => testOrder(n, { 'SKU-0005': 1 }))
  const batches = Array.from({ length: 20 }, (_, batch) => orders.slice(batch * 500, batch * 500 + 500))
  const replica = async () => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) await process(batch.map(validatedEvent))
  }
  await Promise.all([replica(), replica(), replica(), replica()])
  expect(await available('SKU-0005')).toBe(0)
  expect(await statusCounts(orders.map(({ orderId }) => orderId))).toEqual([
    { status: 'REJECTED', count: 9_900 },
    { status: 'RESERVED', count: 100 },
  ])
})
