// Do subscribers receive every level, delivery and shortage once for each change of it, whatever
// ends the replica that publishes them?
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createStore } from '@orderpipeline/stage'
import { cancelledEvent, testDatabase, testOrder, validatedEvent } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { isProductEvent, productEventOf } from '@orderpipeline/order-events'
import type { OrderEvent, ProductEvent, ProductEventOf, ProductEventType } from '@orderpipeline/order-events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { inventoryStage } from '../src/definition.ts'
import { restock } from '../src/restock.ts'
import { stockLevelsTask } from '../src/stock-levels/stock-levels-task.ts'
import type { StockLevelOptions } from '../src/stock-levels/stock-levels-task.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 3, seedStockQuantity: 100 })
})
afterEach(() => database.drop())

function now() {
  return new Date()
}
const options: StockLevelOptions = { lowBelow: 10, levelSeconds: 0, everySeconds: 1 }
const expiry = { reservationSeconds: 60, everySeconds: 1 }

/** A replica: the events it handles change the stock, and a look publishes the changes. */
function replica(settings: Partial<StockLevelOptions> = {}, publishing = true) {
  const stage = inventoryStage({ now }, { ...expiry, ...(publishing ? { levels: options } : {}) })
  const store = createStore(
    database.as('inventory'),
    { prefix: '', keyedByOrder: [] },
    stage.apply,
    undefined,
    stage.products?.apply,
  )
  const registry = createRegistry()
  const task = stockLevelsTask({ ...options, ...settings }, { now, registry })
  const stopping = new AbortController()
  return {
    hear: (events: readonly (OrderEvent | ProductEvent)[]) =>
      store.effect(
        events.map((event) => (isProductEvent(event) ? { event } : { event, prepared: undefined })),
        [],
      ),
    /** What one look publishes. */
    look: async (publish: (events: readonly ProductEvent[]) => Promise<void> = () => Promise.resolve()) => {
      const publishedEvents: ProductEvent[] = []
      await task.run({
        database: database.as('inventory'),
        publish: async (events) => {
          const stock = events.filter(isProductEvent)
          await publish(stock)
          publishedEvents.push(...stock)
        },
        keyedByOrder: () => false,
        stopping: stopping.signal,
      })
      return publishedEvents
    },
    leave: () => stopping.abort(),
    metrics: () => registry.metrics(),
  }
}
function levelsIn(events: readonly ProductEvent[]) {
  return new Map(events.flatMap(({ type, data }) => (type === 'StockLevelChanged' ? [[data.sku, data.available]] : [])))
}
function of<T extends ProductEventType>(type: T, events: readonly ProductEvent[]) {
  return events.filter((event) => event.type === type).map(({ data }) => data as ProductEventOf<T>['data'])
}
/** The lease of a replica that was killed is over. */
function leaseOver() {
  return database.ask('inventory', `UPDATE stock_publisher SET until = now() - interval '1 s'`)
}
function compareAgain() {
  return database.ask('inventory', `UPDATE stock_publisher SET compared_at = '-infinity'`)
}

test('publishes all stock first and then the changes, one event per SKU', async () => {
  const one = replica()
  const first = await one.look()
  expect(levelsIn(first)).toEqual(
    new Map([
      ['SKU-0001', 100],
      ['SKU-0002', 100],
      ['SKU-0003', 100],
    ]),
  )
  expect(await one.look()).toEqual([])
  const orders = [1, 2, 3].map((n) => testOrder(n, { 'SKU-0001': n, 'SKU-0002': 1 }))
  for (const order of orders) await one.hear([validatedEvent(order)])
  await one.hear([cancelledEvent(orders[0]!)])
  const second = await one.look()
  expect(of('StockLevelChanged', second).map(({ sku, available }) => [sku, available])).toEqual([
    ['SKU-0001', 95],
    ['SKU-0002', 98],
  ])
  const versions = (events: readonly ProductEvent[]) =>
    events.flatMap(({ type, data }) => (type === 'StockLevelChanged' && data.sku === 'SKU-0001' ? [data.version] : []))
  expect(versions(second)[0]).toBeGreaterThan(versions(first)[0] ?? Infinity)
  expect(await one.metrics()).toContain('inventory_stock_events_total{type="StockLevelChanged"} 5')
})

test('reports low stock once, and again after it was refilled', async () => {
  const one = replica()
  await one.look()
  await database.ask('inventory', `UPDATE stock SET low_below = 50 WHERE sku = 'SKU-0002'`)
  await one.hear([validatedEvent(testOrder(1, { 'SKU-0001': 91, 'SKU-0002': 49 }))])
  expect(of('StockLow', await one.look())).toMatchObject([{ sku: 'SKU-0001', available: 9, lowBelow: 10 }])
  await one.hear([validatedEvent(testOrder(2, { 'SKU-0001': 1, 'SKU-0002': 2 }))])
  expect(of('StockLow', await one.look())).toMatchObject([{ sku: 'SKU-0002', available: 49, lowBelow: 50 }])
  await restock(database.as('inventory'), { name: 'D-1', pieces: new Map([['SKU-0001', 10]]) })
  const full = await one.look()
  expect(of('StockLow', full)).toEqual([])
  expect(of('StockLevelChanged', full)).toMatchObject([{ sku: 'SKU-0001', available: 18, low: false }])
  await one.hear([validatedEvent(testOrder(3, { 'SKU-0001': 18 }))])
  expect(of('StockLow', await one.look())).toMatchObject([{ sku: 'SKU-0001', available: 0 }])
})

test('books and reports a delivery once, by message or by program', async () => {
  const one = replica()
  await one.look()
  const delivered = (delivery: string, quantity: number) =>
    productEventOf(
      'StockDelivered',
      { sku: 'SKU-0001', delivery, quantity },
      { source: '/warehouse', now: now() },
      delivery,
    )
  await one.hear([delivered('D-1', 5), delivered('D-2', 7), delivered('D-1', 5)])
  await one.hear([delivered('D-2', 7)])
  await restock(database.as('inventory'), { name: 'D-2', pieces: new Map([['SKU-0001', 7]]) })
  const observation = await one.look()
  expect(of('StockReplenished', observation)).toEqual([
    { sku: 'SKU-0001', delivery: 'D-1', quantity: 5 },
    { sku: 'SKU-0001', delivery: 'D-2', quantity: 7 },
  ])
  expect(levelsIn(observation)).toEqual(new Map([['SKU-0001', 112]]))
})

test('publishes unfinished levels again under the same ids', async () => {
  const one = replica()
  await one.look()
  await one.hear([validatedEvent(testOrder(1, { 'SKU-0001': 95 }))])
  await expect(one.look(() => Promise.reject(new Error('Kafka is away')))).rejects.toThrow('Kafka is away')
  const publishedEvents: ProductEvent[] = []
  await expect(
    one.look(async (events) => {
      publishedEvents.push(...events)
      await database.throwOut()
      throw new Error('killed')
    }),
  ).rejects.toThrow('killed')
  const again = await replica().look()
  expect(again).toEqual([]) // another replica leads
  await leaseOver()
  const next = await replica().look()
  expect(next.map(({ id }) => id)).toEqual(publishedEvents.map(({ id }) => id))
  expect(next.map(({ type }) => type)).toEqual(['StockLevelChanged', 'StockLow'])
})

test('one replica at a time publishes, and another succeeds it at once', async () => {
  const [one, two] = [replica(), replica()]
  expect(await one.look()).toHaveLength(3)
  await one.hear([validatedEvent(testOrder(1, { 'SKU-0001': 1 }))])
  expect(await two.look()).toEqual([])
  one.leave()
  await one.look()
  await one.hear([validatedEvent(testOrder(2, { 'SKU-0001': 1 }))])
  expect(levelsIn(await two.look())).toEqual(new Map([['SKU-0001', 98]]))
})

test('finds changes by hand or by an older version through comparison', async () => {
  const one = replica()
  await one.look()
  await replica({}, false).hear([validatedEvent(testOrder(1, { 'SKU-0003': 4 }))])
  await database.ask('inventory', `UPDATE stock SET available = 7 WHERE sku = 'SKU-0002'`)
  expect(await one.look()).toEqual([])
  await compareAgain()
  const observation = await one.look()
  expect(levelsIn(observation)).toEqual(
    new Map([
      ['SKU-0002', 7],
      ['SKU-0003', 96],
    ]),
  )
  expect(of('StockLow', observation)).toMatchObject([{ sku: 'SKU-0002' }])
})

test('delays a falling level, but reports an empty one at once', async () => {
  const one = replica({ levelSeconds: 3_600 })
  await one.look()
  await one.hear([validatedEvent(testOrder(1, { 'SKU-0001': 5, 'SKU-0002': 1 }))])
  expect(await one.look()).toEqual([])
  await one.hear([validatedEvent(testOrder(2, { 'SKU-0001': 95 }))])
  expect(of('StockLevelChanged', await one.look())).toMatchObject([{ sku: 'SKU-0001', available: 0, low: true }])
})

test('records nothing for publication where levels are not published', async () => {
  const silent = replica({}, false)
  await silent.hear([validatedEvent(testOrder(1, { 'SKU-0001': 5 }))])
  await restock(database.as('inventory'), { name: 'D-1', pieces: new Map([['SKU-0001', 1]]) })
  const [rows] = await database.ask<{ changes: number; told: number }>(
    'inventory',
    'SELECT (SELECT count(*) FROM stock_changes) AS changes, (SELECT count(*) FROM replenishments) AS told',
  )
  expect(rows).toEqual({ changes: 0, told: 0 })
})
