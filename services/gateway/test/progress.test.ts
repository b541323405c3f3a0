// Does a customer see how far an order has come and how long it will take, and is the estimate
// compared with what happened?
import { ordersStage } from '@orderpipeline/orders'
import { inventoryStage } from '@orderpipeline/inventory'
import { shippingStage } from '@orderpipeline/shipping'
import { eventOf } from '@orderpipeline/order-events'
import { consumedTopics, shopTopics, until } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ask, gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'

interface Progress {
  readonly done: number
  readonly of: number
  readonly secondsLeft?: number
}
interface Order {
  readonly orderId: string
  readonly status: string
  readonly progress?: Progress
}

let on: GatewayTestEnvironment
let gateway: Gateway
beforeAll(async () => {
  on = await gatewayTestEnvironment([
    ...shopTopics,
    'orders.dead-letters',
    'inventory.dead-letters',
    'shipping.dead-letters',
  ])
  gateway = await on.start({
    KAFKA_GROUP_PREFIX: on.bench.prefix,
    QUEUES_CACHE_SECONDS: '0.1',
    ESTIMATE_EVERY_SECONDS: '0.2',
  })
  const now = () => new Date()
  on.bench.start('orders', consumedTopics.orders, ordersStage({ now }))
  on.bench.start('inventory', consumedTopics.inventory, inventoryStage({ now }))
  on.bench.start('shipping', consumedTopics.shipping, shippingStage({ now }))
})
afterAll(() => on.close())

const order = { customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 1 }] }
async function place(headers: Record<string, string> = {}, at = gateway) {
  return (await ask<Order>(`${at.url}/v1/orders`, { body: order, headers })).body
}
async function showOrder(orderId: string, at = gateway) {
  return (await ask<Order>(`${at.url}/v1/orders/${orderId}`)).body
}
/** As the payment stage would publish it. */
function pay(orderId: string) {
  return on.bench.publish([
    eventOf(
      'PaymentCaptured',
      { orderId, customerId: 'customer-1', totalCents: 1, currency: 'EUR', chargeId: 'ch' },
      { source: '/payment', now: new Date() },
    ),
  ])
}
async function untilDone(orderId: string, steps: number) {
  return until(async () => (await showOrder(orderId)).progress?.done === steps, 30)
}
async function metric(line: string): Promise<number> {
  const text = await (await fetch(`${gateway.metricsUrl}/metrics`)).text()
  return Number(
    text
      .split('\n')
      .find((each) => each.startsWith(`${line} `))
      ?.slice(line.length) ?? NaN,
  )
}

test('an order shows its finished steps, and an estimate once others have ended', async () => {
  const first = await place()
  expect(first.progress).toEqual({ done: 1, of: 5 })
  await untilDone(first.orderId, 3)
  // Whether this one is followed depends on when the queues were read first; one of them is.
  for (let n = 0; !((await metric('gateway_estimates_checked_total{outcome="shipped"}')) > 0) && n < 60; n++) {
    const { orderId } = await place()
    await untilDone(orderId, 3)
    await pay(orderId)
    await untilDone(orderId, 5)
    expect((await showOrder(orderId)).progress).toEqual({ done: 5, of: 5 })
  }
  await until(async () => (await metric('gateway_estimate_seconds')) >= 0, 30)
  const later = await place()
  expect(later.progress).toMatchObject({ done: 1, of: 5 })
  expect(later.progress?.secondsLeft).toBeGreaterThanOrEqual(1)
  expect((await showOrder(first.orderId)).progress?.secondsLeft).toBeGreaterThanOrEqual(1)
  const errors = await metric('gateway_estimate_error_seconds_count')
  await until(async () => {
    const { orderId } = await place()
    await untilDone(orderId, 3)
    await pay(orderId)
    await untilDone(orderId, 5)
    return (await metric('gateway_estimate_error_seconds_count')) > errors
  }, 60)
})

test('a repeat of an earlier order answers without an estimate', async () => {
  const headers = { 'idempotency-key': 'once' }
  const { orderId } = await place(headers)
  expect(await place(headers)).toEqual({
    orderId,
    status: 'PLACED',
    trackingUrl: `/v1/orders/${orderId}`,
    progress: { done: 1, of: 5 },
  })
})

test('a cancelled order has no further steps', async () => {
  const { orderId } = await place()
  await untilDone(orderId, 3)
  expect((await ask(`${gateway.url}/v1/orders/${orderId}`, { method: 'DELETE' })).status).toBe(200)
  expect(await showOrder(orderId)).toMatchObject({ status: 'CANCELLED', progress: { done: 3, of: 3 } })
})

test('does not read the queues where nothing is to be estimated', async () => {
  const silent = await on.start({ ESTIMATE_EVERY_SECONDS: '0' })
  const { orderId, progress } = await place({}, silent)
  expect(progress).toEqual({ done: 1, of: 5 })
  expect((await showOrder(orderId, silent)).progress).toMatchObject({ of: 5 })
  expect(await (await fetch(`${silent.metricsUrl}/metrics`)).text()).not.toContain('gateway_estimate')
})
