// Is each shipment prepared once at most, and never both dispatched and recalled?
import { describe, expect, it } from 'vitest'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { planShipments } from './shipments.ts'
import type { ShipmentStatus } from './shipments.ts'

const about = { orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', customerId: 'customer-7' }
const context = { source: '/test', now: new Date(0) }
const confirmed = eventOf('OrderConfirmed', { ...about, items: [{ sku: 'A', quantity: 1 }] }, context)
const shipped = eventOf('OrderShipped', { ...about, shipmentId: about.orderId }, context)
const cancelled = eventOf('OrderCancelled', { ...about, reason: 'CUSTOMER' }, context)

/** One message a batch, each batch finding what the last one wrote. */
function oneByOne(events: readonly OrderEvent[]) {
  let statuses = new Map<string, ShipmentStatus>()
  let prepared = 0
  for (const event of events) {
    const plan = planShipments([event], statuses)
    prepared += plan.prepared.length
    statuses = new Map([
      ...statuses,
      ...[...plan.newShipments].map(([id, { status }]) => [id, status] as const),
      ...plan.changedStatuses,
    ])
  }
  return { status: statuses.get(about.orderId), prepared }
}
function together(events: readonly OrderEvent[]) {
  const { newShipments, prepared } = planShipments(events, new Map())
  return { status: newShipments.get(about.orderId)?.status, prepared: prepared.length }
}

describe.each([
  ['one by one', oneByOne],
  ['in one batch', together],
])('a shipment, %s', (_, after) => {
  it('is prepared once and dispatched on confirmation', () => {
    expect(after([confirmed, confirmed])).toEqual({ status: 'PREPARED', prepared: 1 })
    expect(after([confirmed, shipped, shipped])).toEqual({ status: 'DISPATCHED', prepared: 1 })
  })

  it('is recalled on cancellation, and never prepared after one', () => {
    expect(after([confirmed, cancelled])).toEqual({ status: 'RECALLED', prepared: 1 })
    expect(after([cancelled, confirmed])).toEqual({ status: 'CANCELLED_EARLY', prepared: 0 })
  })

  it('that was dispatched is not recalled', () => {
    expect(after([confirmed, shipped, cancelled])).toEqual({ status: 'DISPATCHED', prepared: 1 })
  })
})
