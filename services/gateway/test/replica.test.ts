// Does the replica answer only where an older state is allowed, and does no customer see an order
// as it was before they saw it? On a real standby, which the test holds back.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ownReplica } from '@orderpipeline/test-support/own-replica'
import type { OwnReplica } from '@orderpipeline/test-support/own-replica'
import { ask, closeGateway, gatewayTestEnvironment, settle } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'

let replica: OwnReplica
let on: GatewayTestEnvironment
let gateway: Gateway
beforeAll(async () => {
  replica = await ownReplica()
  on = await gatewayTestEnvironment(['orders.placed'], replica.adminUrl)
})
// One for each test: a gateway whose replica was unavailable does not ask it again at once.
beforeEach(async () => {
  await replica.caughtUp()
  gateway = await on.start({ DATABASE_REPLICA_URL: replica.replicaOf(on.database.url) })
  return () => closeGateway(gateway)
})
afterAll(async () => {
  await on.close()
  await replica.close()
})

interface Shown {
  readonly orderId: string
  readonly status: string
  readonly currency: string
}
const order = { customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 1 }] }
async function place(customerId: string) {
  return (await ask<Shown>(`${gateway.url}/v1/orders`, { body: { ...order, customerId } })).body.orderId
}
async function show(orderId: string) {
  return (await ask<Shown>(`${gateway.url}/v1/orders/${orderId}`)).body
}
async function listOrders(customer: string) {
  return (await ask<{ orders: Shown[] }>(`${gateway.url}/v1/orders?customer=${customer}`)).body.orders
}
async function statuses(...ids: string[]) {
  const { body } = await ask<{ orders: Shown[] }>(`${gateway.url}/v1/orders/status`, { body: { ids } })
  return new Map(body.orders.map(({ orderId, status }) => [orderId, status]))
}
function go(orderId: string, event: string, status?: string) {
  return settle(on.database, orderId, event, status)
}
async function confirmOrder(customer: string): Promise<string> {
  const orderId = await place(customer)
  await go(orderId, 'OrderValidated', 'PROCESSING')
  await go(orderId, 'StockReserved')
  await go(orderId, 'PaymentCaptured')
  await go(orderId, 'OrderConfirmed', 'CONFIRMED')
  return orderId
}
async function shipOrder(customer: string): Promise<string> {
  const orderId = await confirmOrder(customer)
  await go(orderId, 'ShipmentPrepared')
  await go(orderId, 'OrderShipped', 'SHIPPED')
  return orderId
}
function change(orderId: string) {
  return on.database.ask('orders', `UPDATE orders SET currency = 'CHF' WHERE order_id = $1`, [orderId])
}

test('reads lists and final orders from the replica', async () => {
  const orderId = await shipOrder('lists')
  await replica.caughtUp()
  await replica.holdBack()
  try {
    // The present content of the primary is not the answer.
    await change(orderId)
    expect(await show(orderId)).toMatchObject({ status: 'SHIPPED', currency: 'EUR' })
    expect(await listOrders('lists')).toMatchObject([{ orderId, currency: 'EUR' }])
  } finally {
    await replica.goOn()
  }
})

test('shows no order in an older state than its customer saw, whatever the lag', async () => {
  const cancelledId = await confirmOrder('lag')
  const moving = await confirmOrder('lag')
  await replica.caughtUp()
  await replica.holdBack()
  try {
    expect((await ask(`${gateway.url}/v1/orders/${cancelledId}`, { method: 'DELETE' })).status).toBe(200)
    expect((await show(cancelledId)).status).toBe('CANCELLED')
    await go(moving, 'ShipmentPrepared')
    await go(moving, 'OrderShipped', 'SHIPPED')
    expect((await show(moving)).status).toBe('SHIPPED')
    const fresh = await place('lag')
    expect((await show(fresh)).status).toBe('PLACED')
    const shownStatuses = [...(await statuses(cancelledId, moving, fresh))].sort()
    expect(shownStatuses).toEqual(
      [
        [cancelledId, 'CANCELLED'],
        [moving, 'SHIPPED'],
        [fresh, 'PLACED'],
      ].sort(),
    )
    // A list may be as old as the lag.
    expect((await listOrders('lag')).map(({ status }) => status)).toEqual(['CONFIRMED', 'CONFIRMED'])
  } finally {
    await replica.goOn()
  }
})

test('reads from the primary without the replica, and never an older state', async () => {
  const orderId = await confirmOrder('away')
  await replica.caughtUp()
  await replica.kill()
  await go(orderId, 'ShipmentPrepared')
  await go(orderId, 'OrderShipped', 'SHIPPED')
  expect((await show(orderId)).status).toBe('SHIPPED')
  expect(await listOrders('away')).toMatchObject([{ orderId, status: 'SHIPPED' }])
  expect((await ask(`${gateway.url}/v1/products`)).status).toBe(200)
  await replica.start()
  expect((await show(orderId)).status).toBe('SHIPPED')
  await replica.caughtUp()
})

test('the replica has metrics of its own', async () => {
  const metrics = await (await fetch(`${gateway.metricsUrl}/metrics`)).text()
  expect(metrics).toMatch(/orderpipeline_database_connections\{pool="replica",state="busy"\} \d/)
  expect(metrics).toMatch(/orderpipeline_database_connections\{pool="primary",state="busy"\} \d/)
})
