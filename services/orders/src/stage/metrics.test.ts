// Is the time of an order counted from its acceptance, once for each place it gets to?
import { randomUUIDv7 } from 'node:crypto'
import { createRegistry } from '@orderpipeline/telemetry'
import { eventOf, placedAtMs } from '@orderpipeline/order-events'
import { expect, test } from 'vitest'
import { orderTimer } from '../processing-time.ts'
import { observeOrders } from './metrics.ts'

test('reads the time of acceptance from an order’s id, if the id has one', () => {
  const before = Date.now()
  const placedMs = placedAtMs(randomUUIDv7())
  expect(placedMs).toBeGreaterThanOrEqual(before)
  expect(placedMs).toBeLessThanOrEqual(Date.now())
  expect(placedAtMs('01936d5e-7a2b-4c3d-8e4f-5a6b7c8d9e0f')).toBeUndefined()
})

test('observes the end of an order with its outcome, and no earlier step', async () => {
  const registry = createRegistry()
  const orderId = '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
  const now = () => new Date((placedAtMs(orderId) ?? 0) + 4_000)
  const context = { source: '/orders', now: now() }
  const cause = eventOf('OrderPlaced', { orderId, customerId: 'c', items: [], currency: 'EUR' }, context)
  const say = (status: 'PROCESSING' | 'CONFIRMED') =>
    eventOf('OrderStatusChanged', { orderId, customerId: 'c', status }, context)
  const observe = observeOrders(orderTimer(registry, now))
  observe([{ cause, events: [say('PROCESSING')] }])
  observe([{ cause, events: [say('CONFIRMED')] }])
  const text = await registry.metrics()
  expect(text).toContain('orders_processing_seconds_count{status="CONFIRMED"} 1')
  expect(text).toContain('orders_processing_seconds_sum{status="CONFIRMED"} 4')
  expect(text).not.toContain('PROCESSING')
})
