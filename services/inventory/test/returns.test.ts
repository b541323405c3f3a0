// Do pieces that come back go into stock once, however often they are announced and while orders
// want the same SKUs?
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createStore } from '@orderpipeline/stage'
import { testDatabase, testOrder, validatedEvent } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { inventoryStage } from '../src/definition.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 3, seedStockQuantity: 10 })
})
afterAll(() => database.drop())

function handle(events: readonly OrderEvent[]) {
  const { apply } = inventoryStage({ now: () => new Date() })
  const store = createStore(database.as('inventory'), { prefix: '', keyedByOrder: [] }, apply)
  return store.effect(
    events.map((event) => ({ event, prepared: undefined })),
    [],
  )
}
function returned(items: readonly { sku: string; quantity: number }[], returnId: string = randomUUID()) {
  const { orderId, customerId } = testOrder(1, { 'SKU-0001': 1 })
  const data = { orderId, customerId, returnId, items: [...items] }
  return eventOf('ItemsReturned', data, { source: '/orders', now: new Date() }, returnId)
}
async function stock() {
  const rows = await database.ask<{ sku: string; available: number }>(
    'inventory',
    'SELECT sku, available FROM stock ORDER BY sku',
  )
  return rows.map(({ available }) => available)
}

test('books a return once, with one line of each SKU', async () => {
  const before = await stock()
  const event = returned([
    { sku: 'SKU-0001', quantity: 2 },
    { sku: 'SKU-0002', quantity: 1 },
    { sku: 'SKU-0001', quantity: 1 },
  ])
  await handle([event])
  await database.ask('inventory', 'DELETE FROM inbox')
  await handle([event])
  expect(await stock()).toEqual([(before[0] ?? 0) + 3, (before[1] ?? 0) + 1, before[2]])
})

test('returns and reservations of the same SKUs in many batches end in balance, without a deadlock', async () => {
  const before = await stock()
  const batches = Array.from({ length: 20 }, (_, n) => [
    validatedEvent(testOrder(1, n % 2 === 0 ? { 'SKU-0001': 1 } : { 'SKU-0003': 1 })),
    returned([{ sku: n % 2 === 0 ? 'SKU-0003' : 'SKU-0001', quantity: 1 }]),
  ])
  await Promise.all(batches.map((events) => handle(events)))
  expect(await stock()).toEqual(before)
})
