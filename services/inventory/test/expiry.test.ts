// Is there a question about reserved stock once it has waited long, is it released only by the
// answer, and restocked once a delivery?
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createStore } from '@orderpipeline/stage'
import { cancelledEvent, testDatabase, testOrder, validatedEvent } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { inventoryStage } from '../src/definition.ts'
import { askAboutExpired } from '../src/expiry.ts'
import { restock } from '../src/restock.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 5, seedStockQuantity: 100 })
})
afterAll(() => database.drop())

type ExpiryOptions = { readonly reservationSeconds: number }
const options = { reservationSeconds: 60, everySeconds: 1 }
const { apply } = inventoryStage({ now: () => new Date() }, options)
async function handle(events: readonly OrderEvent[]) {
  const store = createStore(database.as('inventory'), { prefix: '', keyedByOrder: [] }, apply)
  await store.effect(
    events.map((event) => ({ event, prepared: undefined })),
    [],
  )
}
/** As if so much time had passed. */
function later(seconds: number) {
  return database.ask('inventory', 'UPDATE reservations SET expires_at = expires_at - make_interval(secs => $1)', [
    seconds,
  ])
}
async function publishedQuestions(
  publish?: () => Promise<void>,
  { reservationSeconds }: ExpiryOptions = options,
): Promise<OrderEvent[]> {
  const events: OrderEvent[] = []
  await askAboutExpired(database.as('inventory'), reservationSeconds, new Date(0), async (questions) => {
    await publish?.()
    events.push(...questions)
  })
  return events
}
async function available(sku: string) {
  return (
    await database.ask<{ available: number }>('inventory', 'SELECT available FROM stock WHERE sku = $1', [sku])
  )[0]?.available
}

test('asks repeatedly about an unpaid reservation and releases it on the answer', async () => {
  const order = testOrder(1, { 'SKU-0001': 3 })
  await handle([validatedEvent(order)])
  expect(await publishedQuestions()).toEqual([])
  await later(61)
  const first = await publishedQuestions()
  const { orderId, customerId } = order
  expect(first).toMatchObject([{ type: 'ReservationExpired', data: { orderId, customerId } }])
  expect(await publishedQuestions()).toEqual([])
  await later(61)
  const second = await publishedQuestions()
  expect(second).toHaveLength(1)
  expect(second[0]?.id).not.toBe(first[0]?.id)
  expect(await available('SKU-0001')).toBe(97)
  await handle([cancelledEvent(order)])
  expect(await available('SKU-0001')).toBe(100)
  await later(61)
  expect(await publishedQuestions()).toEqual([])
})

test('soon repeats a question that could not be published', async () => {
  const long = { reservationSeconds: 7_200 }
  const order = testOrder(1, { 'SKU-0002': 3 })
  await handle([validatedEvent(order)])
  await later(61)
  await expect(publishedQuestions(() => Promise.reject(new Error('not now')), long)).rejects.toThrow('not now')
  await later(121)
  expect(await publishedQuestions(undefined, long)).toHaveLength(1)
  await later(121)
  expect(await publishedQuestions(undefined, long)).toEqual([])
  await handle([cancelledEvent(order)])
})

test('keeps a cancellation that commits while a question is being published', async () => {
  const order = testOrder(1, { 'SKU-0002': 3 })
  await handle([validatedEvent(order)])
  await later(61)
  expect(await publishedQuestions(() => handle([cancelledEvent(order)]))).toHaveLength(1)
  expect(await available('SKU-0002')).toBe(100)
  await later(7_200)
  expect(await publishedQuestions()).toEqual([])
})

test('does not ask about a paid order', async () => {
  const { items, ...order } = testOrder(1, { 'SKU-0003': 3 })
  await handle([validatedEvent({ ...order, items })])
  const { orderId, customerId } = order
  await handle([eventOf('OrderConfirmed', { orderId, customerId, items }, { source: '/test', now: new Date(0) })])
  await later(61)
  expect(await publishedQuestions()).toEqual([])
  expect(await available('SKU-0003')).toBe(97)
})

test('books a delivery once, however often it arrives in parallel', async () => {
  const pieces = new Map([
    ['SKU-0004', 50],
    ['SKU-NEW', 7],
  ])
  const bookedSkus = await Promise.all(
    Array.from({ length: 4 }, () => restock(database.as('inventory'), { name: 'note-7', pieces })),
  )
  expect(bookedSkus.flat().sort()).toEqual(['SKU-0004', 'SKU-NEW'])
  expect([await available('SKU-0004'), await available('SKU-NEW')]).toEqual([150, 7])
  const more = new Map([...pieces, ['SKU-0005', 1]])
  expect(await restock(database.as('inventory'), { name: 'note-7', pieces: more })).toEqual(['SKU-0005'])
})
