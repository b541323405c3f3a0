// Does each shipment get one label, does each status of its carrier reach the shop once, and is the
// label of a cancelled one voided, whatever ends the stage?
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { createStore } from '@orderpipeline/stage'
import { cancelledEvent, testDatabase, testOrder } from '@orderpipeline/stage/testing'
import type { TestDatabase, TestOrder } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CarriedStatus, Carrier } from '../src/carrier/carrier.ts'
import { shippingStage } from '../src/definition.ts'
import { updateParcels, parcelsTask } from '../src/parcels.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
})
afterAll(() => database.drop())
beforeEach(() => database.ask('shipping', 'DELETE FROM parcels'))

function now() {
  return new Date()
}
const context = { source: '/test', now: new Date(0) }

/** A carrier that remembers its requests. */
function carrierOf(saying: () => CarriedStatus = () => 'UNDERWAY') {
  const labels: string[] = []
  const voided: string[] = []
  const carrier: Carrier = {
    label: ({ orderId }) => {
      labels.push(orderId)
      const trackingNumber = `N-${orderId}`
      return Promise.resolve({ carrier: 'Test', trackingNumber, trackingUrl: `https://carrier.example/${orderId}` })
    },
    void: (orderId) => Promise.resolve(void voided.push(orderId)),
    statuses: (numbers) => Promise.resolve(new Map(numbers.map((number) => [number, saying()]))),
  }
  return { carrier, labels, voided }
}

/** As the stage would: what is prepared, then its effect; a batch that lost is tried again. */
async function handle(carrier: Carrier | undefined, events: readonly OrderEvent[], attempts = 20): Promise<string[]> {
  const stage = shippingStage({ now }, carrier && { carrier, statusIntervalSeconds: 0 })
  const pool = database.as('shipping')
  const signal = AbortSignal.timeout(30_000)
  const store = createStore(pool, { prefix: '', keyedByOrder: [] }, stage.apply)
  const items = []
  for (const event of events) items.push({ event, prepared: await stage.prepare?.(event, signal, pool) })
  try {
    return (await store.effect(items, [])).records.map(({ value }) => String(value))
  } catch (error) {
    if (attempts === 1 || !(error instanceof Error && 'retry' in error && error.retry === true)) throw error
    return handle(carrier, events, attempts - 1)
  }
}
function confirmation({ orderId, customerId, items }: TestOrder) {
  return eventOf('OrderConfirmed', { orderId, customerId, items }, context)
}
function shipping({ orderId, customerId }: TestOrder) {
  return eventOf('OrderShipped', { orderId, customerId, shipmentId: orderId }, context)
}
function order() {
  return testOrder(1, { 'SKU-0001': 2 })
}
async function look(carrier: Carrier, publish?: () => Promise<void>) {
  const events: OrderEvent[] = []
  await updateParcels(database.as('shipping'), { carrier, statusIntervalSeconds: 0 }, now(), async (parcelEvents) => {
    events.push(...parcelEvents)
    await publish?.()
  })
  return events
}
function leaseOver() {
  return database.ask('shipping', `UPDATE parcels SET look_at = now() WHERE look_at IS NOT NULL`)
}
async function statuses() {
  return (await database.ask<{ status: string }>('shipping', 'SELECT status FROM parcels')).map(({ status }) => status)
}

test('a shipment has one label with its tracking number', async () => {
  const { carrier, labels } = carrierOf()
  const one = order()
  const [message] = await handle(carrier, [confirmation(one)])
  expect(JSON.parse(message ?? '')).toMatchObject({
    data: { parcel: { carrier: 'Test', trackingNumber: `N-${one.orderId}` } },
  })
  expect(await handle(carrier, [confirmation(one)])).toHaveLength(1) // not published yet: it is the same message again
  expect(labels).toEqual([one.orderId])
  expect(await statuses()).toEqual(['UNDERWAY'])
})

test('prepares no parcel without a carrier', async () => {
  const [message] = await handle(undefined, [confirmation(order())])
  expect(message).not.toContain('parcel')
  expect(await statuses()).toEqual([])
  expect(shippingStage({ now }).prepare).toBeUndefined()
})

test('reports each change of a parcel once until its end', async () => {
  let carrierStatus: CarriedStatus = 'UNDERWAY'
  const { carrier } = carrierOf(() => carrierStatus)
  const one = order()
  await handle(carrier, [confirmation(one)])
  carrierStatus = 'DELIVERED'
  expect(await look(carrier)).toEqual([]) // it is not dispatched yet
  await handle(carrier, [shipping(one)])
  const types: string[] = []
  for (const status of [
    'UNDERWAY',
    'DELIVERY_FAILED',
    'UNDERWAY',
    'DELIVERY_FAILED',
    'RETURNED',
    'DELIVERED',
  ] as const) {
    carrierStatus = status
    types.push(...(await look(carrier)).map(({ type }) => type))
  }
  expect(types).toEqual(['ParcelDeliveryFailed', 'ParcelReturned'])
  expect(await statuses()).toEqual(['RETURNED'])
})

test('repeats an unrecorded change under the same id', async () => {
  const { carrier } = carrierOf(() => 'DELIVERED')
  const one = order()
  await handle(carrier, [confirmation(one), shipping(one)])
  const ids: string[] = []
  await expect(look(carrier, () => Promise.reject(new Error('killed')))).rejects.toThrow('killed')
  expect(await look(carrier)).toEqual([]) // another replica is at it
  for (let n = 0; n < 2; n++) {
    await leaseOver()
    ids.push(...(await look(carrier)).map(({ id }) => id))
  }
  expect(ids).toHaveLength(1)
})

test.each([
  ['after it was prepared', (one: TestOrder) => [[confirmation(one)], [cancelledEvent(one)]]],
  ['in the same batch', (one: TestOrder) => [[confirmation(one), cancelledEvent(one)]]],
])('cancels the label of a shipment recalled %s', async (_when, batches) => {
  const { carrier, voided } = carrierOf(() => 'DELIVERED')
  const one = order()
  for (const batch of batches(one)) await handle(carrier, batch)
  for (let n = 0; n < 3; n++) expect(await look(carrier)).toEqual([])
  expect(new Set(voided)).toEqual(new Set([one.orderId]))
  expect(await statuses()).toEqual(['VOIDED'])
})

test('cancels a label made before a crash if the order was cancelled', async () => {
  const { carrier, labels, voided } = carrierOf()
  const one = order()
  const { prepare } = shippingStage({ now }, { carrier, statusIntervalSeconds: 0 })
  await prepare?.(confirmation(one), AbortSignal.timeout(30_000), database.as('shipping'))
  await handle(carrier, [cancelledEvent(one)])
  expect([labels, voided]).toEqual([[one.orderId], [one.orderId]])
})

test('makes no label for an order cancelled earlier', async () => {
  const { carrier, labels } = carrierOf()
  const one = order()
  await handle(carrier, [cancelledEvent(one)])
  await handle(carrier, [confirmation(one)])
  expect([labels, await statuses()]).toEqual([[], []])
})

test('parallel confirmations and cancellations leave no unused label', async () => {
  const { carrier, labels, voided } = carrierOf()
  const orders = Array.from({ length: 30 }, (_, n) => testOrder(n, { 'SKU-0001': 1 }))
  await Promise.all(
    orders.flatMap((one) => [handle(carrier, [confirmation(one)]), handle(carrier, [cancelledEvent(one)])]),
  )
  await look(carrier)
  expect(labels.filter((orderId) => !voided.includes(orderId))).toEqual([])
})

test('the periodic task handles every due parcel and counts the outcomes', async () => {
  const { carrier } = carrierOf(() => 'DELIVERED')
  const orders = Array.from({ length: 130 }, (_, n) => testOrder(n, { 'SKU-0001': 1 }))
  await handle(
    carrier,
    orders.flatMap((one) => [confirmation(one), shipping(one)]),
  )
  const registry = createRegistry()
  const publishedIds: string[] = []
  await parcelsTask({ carrier, statusIntervalSeconds: 60 }, now, registry).run({
    database: database.as('shipping'),
    publish: (events) => Promise.resolve(void publishedIds.push(...events.map(({ id }) => id))),
    keyedByOrder: () => false,
    stopping: new AbortController().signal,
  })
  expect(new Set(publishedIds).size).toBe(130)
  expect(await registry.metrics()).toContain('shipping_parcels_total{status="DELIVERED"} 130')
})
