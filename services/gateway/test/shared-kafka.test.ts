// What happens to orders where the stage that reads them in Kafka is another shop's?
import { until } from '@orderpipeline/stage/testing'
import { ordersStage } from '@orderpipeline/orders'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'

let on: GatewayTestEnvironment
let other: GatewayTestEnvironment
beforeAll(async () => {
  on = await gatewayTestEnvironment([
    'orders.placed',
    'orders.validated',
    'orders.cancelled',
    'orders.status',
    'orders.dead-letters',
  ])
  other = await gatewayTestEnvironment([])
})
afterAll(async () => {
  await other.close()
  await on.close()
})

const body = { customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 1 }] }

test('accepted orders stay in the outbox and do not become the other shop’s dead letters', async () => {
  const names = { KAFKA_GROUP_PREFIX: on.bench.prefix, KAFKA_TOPIC_PREFIX: on.bench.prefix }
  on.bench.start('orders', ['orders.placed'], ordersStage({ now: () => new Date() }))
  const gateway = await on.start(names)
  const placeOrder = async (at: typeof gateway) =>
    (await ask<{ orderId: string }>(`${at.url}/v1/orders`, { body })).body.orderId
  const first = await placeOrder(gateway)
  const statusOf = async (id: string) => (await ask<{ status: string }>(`${gateway.url}/v1/orders/${id}`)).body.status
  await until(async () => (await statusOf(first)) === 'PROCESSING')
  await until(async () => (await on.bench.lag('orders', 'orders.placed')) === 0)

  const strange = await other.start(names)
  const waiting = await placeOrder(strange)
  const second = await placeOrder(gateway)
  await until(async () => (await statusOf(second)) === 'PROCESSING')
  expect(strange.relaying()).toBe(false)
  const relayedIds = (await on.bench.events('orders.placed')).map(({ data }) => data.orderId)
  expect([relayedIds.includes(second), relayedIds.includes(waiting)]).toEqual([true, false])
  expect(await other.database.ask('orders', 'SELECT count(*)::int AS count FROM intake_outbox')).toEqual([{ count: 1 }])
  expect(await on.bench.records('orders.dead-letters')).toEqual([])
})
