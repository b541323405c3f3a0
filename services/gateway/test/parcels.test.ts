// Is a customer shown who carries an order, under which number, and that it has come?
import { inventoryStage } from '@orderpipeline/inventory'
import { eventOf } from '@orderpipeline/order-events'
import { ordersStage } from '@orderpipeline/orders'
import { httpCarrier, shippingStage, startSimulatedCarrier } from '@orderpipeline/shipping'
import { consumedTopics, shopTopics, until } from '@orderpipeline/stage/testing'
import { ownRedis } from '@orderpipeline/test-support/own-redis'
import type { OwnRedis } from '@orderpipeline/test-support/own-redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ask, gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'

interface Order {
  readonly orderId: string
  readonly status: string
  readonly parcel?: { readonly status: string; readonly trackingNumber: string }
  readonly timeline: readonly { readonly event: string; readonly status?: string }[]
}

let on: GatewayTestEnvironment
let redis: OwnRedis
let gateway: Gateway
let carrier: Awaited<ReturnType<typeof startSimulatedCarrier>>
let arrived = false
function now() {
  return new Date()
}
beforeAll(async () => {
  on = await gatewayTestEnvironment([
    ...shopTopics,
    'orders.dead-letters',
    'inventory.dead-letters',
    'shipping.dead-letters',
  ])
  redis = await ownRedis()
  gateway = await on.start({ REDIS_URL: redis.url, REDIS_TIMEOUT_SECONDS: '10' })
  carrier = await startSimulatedCarrier({
    port: 0,
    host: '127.0.0.1',
    deliverySeconds: 3_600,
    failureRate: 0,
    now: () => new Date(Date.now() + (arrived ? 7_200_000 : 0)),
  })
  const parcels = { carrier: httpCarrier({ url: carrier.url, timeoutMs: 10_000 }), statusIntervalSeconds: 0.1 }
  on.bench.start('orders', consumedTopics.orders, ordersStage({ now }))
  on.bench.start('inventory', consumedTopics.inventory, inventoryStage({ now }))
  on.bench.start('shipping', consumedTopics.shipping, shippingStage({ now }, parcels))
})
afterAll(async () => {
  await on.close()
  await carrier.close()
  await redis.close()
})

async function showOrder(orderId: string) {
  return (await ask<Order>(`${gateway.url}/v1/orders/${orderId}`)).body
}
function about(orderId: string) {
  return { orderId, customerId: 'customer-1' }
}
async function placeAndPay(): Promise<string> {
  const body = { customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 1 }] }
  const { orderId } = (await ask<Order>(`${gateway.url}/v1/orders`, { body })).body
  await until(async () => (await showOrder(orderId)).timeline.some(({ event }) => event === 'StockReserved'), 60)
  const payment = { ...about(orderId), totalCents: 1, currency: 'EUR', chargeId: 'ch' }
  await on.bench.publish([eventOf('PaymentCaptured', payment, { source: '/payment', now: now() })])
  return orderId
}

test('an order shows its carrier, tracking and delivery, also from the cache', async () => {
  const orderId = await placeAndPay()
  await until(async () => (await showOrder(orderId)).status === 'SHIPPED', 60)
  const underway = await showOrder(orderId)
  expect(underway.parcel).toMatchObject({ carrier: 'Simulated', status: 'UNDERWAY' })
  expect(underway.parcel).toMatchObject({ trackingUrl: `https://carrier.example/${underway.parcel?.trackingNumber}` })
  arrived = true
  await until(async () => (await showOrder(orderId)).parcel?.status === 'DELIVERED', 60)
  const deliveredView = await showOrder(orderId)
  expect(deliveredView.timeline.at(-1)).toMatchObject({ event: 'ParcelDelivered' })
  expect(deliveredView.timeline.at(-1)).not.toHaveProperty('status')
  expect(deliveredView.status).toBe('SHIPPED')
  const statusEvents = (await on.bench.events('orders.status')).filter(({ data }) => data.orderId === orderId)
  expect(statusEvents.map(({ data }) => ('status' in data ? data.status : ''))).toEqual([
    'PROCESSING',
    'CONFIRMED',
    'SHIPPED',
    'DELIVERED',
  ])
  for (const { data } of statusEvents.slice(-2))
    expect(data).toMatchObject({ parcel: { trackingNumber: deliveredView.parcel?.trackingNumber } })
  // What comes again, or late, or of another's parcel changes nothing.
  const parcel = { carrier: 'Simulated', trackingNumber: 'other' }
  const context = { source: '/shipping', now: now() }
  const late = (type: 'ParcelDeliveryFailed' | 'ParcelReturned') =>
    eventOf(type, { ...about(orderId), shipmentId: orderId, parcel }, context)
  await on.bench.publish([late('ParcelDeliveryFailed'), late('ParcelReturned')])
  await until(async () => (await on.bench.lag('orders', 'shipping.updated')) === 0, 60)
  expect((await showOrder(orderId)).parcel).toEqual(deliveredView.parcel)
  for (const stage of ['orders', 'shipping']) expect(await on.bench.records(`${stage}.dead-letters`)).toEqual([])
})

test('orders wait for labels without the carrier and lose nothing', async () => {
  const { port } = new URL(carrier.url)
  await carrier.close()
  const orderId = await placeAndPay()
  await until(async () => (await showOrder(orderId)).status === 'CONFIRMED', 60)
  carrier = await startSimulatedCarrier({
    port: Number(port),
    host: '127.0.0.1',
    deliverySeconds: 3_600,
    failureRate: 0,
    now,
  })
  await until(async () => (await showOrder(orderId)).status === 'SHIPPED', 120)
  expect((await showOrder(orderId)).parcel).toMatchObject({ status: 'UNDERWAY' })
  expect(await on.bench.records('shipping.dead-letters')).toEqual([])
})
