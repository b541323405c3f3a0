import { expect, test } from 'vitest'
import { decode, encode, eventId } from '@orderpipeline/order-events'
import type { OrderStatus } from '@orderpipeline/order-events'
import { publishable } from './declared-topics.ts'
import { clearedOfOrder, eventsOfOrder } from './events-of-order.ts'
import type { OrderRecord } from './events-of-order.ts'

const now = new Date('2026-02-01T12:00:00Z')
const orderId = '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
const shipmentId = '01936d5e-7a2b-7c3d-8e4f-000000000001'
const parcel = { carrier: 'post', trackingNumber: 'T-1' }
const order: OrderRecord = {
  ...{ orderId, customerId: 'customer-7', currency: 'EUR', totalCents: 700, correlationId: 'c-1', status: 'PLACED' },
  items: [{ sku: 'SKU-0001', quantity: 2, unitPriceCents: 350 }],
}
const captured = { status: 'CAPTURED', amountCents: 700, currency: 'EUR', chargeId: 'ch-1' } as const

function typesOf(status: OrderStatus, more: Partial<OrderRecord> = {}): readonly string[] {
  return eventsOfOrder({ ...order, status, ...more }, now).map(({ type }) => type)
}

test('an order that waits for a stage gets the event that the stage has not handled', () => {
  expect(typesOf('PLACED')).toEqual(['OrderPlaced'])
  expect(typesOf('PROCESSING')).toEqual(['OrderValidated', 'OrderStatusChanged'])
  expect(typesOf('CONFIRMED')).toEqual(['OrderConfirmed', 'OrderStatusChanged'])
})

test('an answer that the orders service has not handled is published again', () => {
  expect(typesOf('PROCESSING', { reservation: 'RESERVED' })).toContain('StockReserved')
  expect(typesOf('PROCESSING', { reservation: 'REJECTED' })).toContain('StockRejected')
  expect(typesOf('PROCESSING', { reservation: 'RESERVED', payment: captured })).toContain('PaymentCaptured')
  const declined = { status: 'DECLINED', amountCents: 700, currency: 'EUR', declineReason: 'card' } as const
  expect(typesOf('PROCESSING', { payment: declined })).toContain('PaymentDeclined')
  expect(typesOf('CONFIRMED', { shipment: { status: 'PREPARED', shipmentId, parcel } })).toContain('ShipmentPrepared')
})

test('a shipped order is dispatched, and a cancelled one is refunded and released', () => {
  const shipment = { status: 'PREPARED', shipmentId } as const
  expect(typesOf('SHIPPED', { shipment })).toEqual(['OrderConfirmed', 'OrderShipped', 'OrderStatusChanged'])
  expect(typesOf('CANCELLED', { reason: 'CUSTOMER', payment: captured })).toEqual([
    ...['OrderCancelled', 'RefundRequested', 'OrderStatusChanged', 'PaymentCaptured'],
  ])
  expect(typesOf('CANCELLED', { reason: 'CUSTOMER' })).toEqual(['OrderCancelled', 'OrderStatusChanged'])
  expect(
    typesOf('CANCELLED', { reason: 'CUSTOMER', payment: { ...captured, status: 'REFUNDED', refundId: 'r' } }),
  ).toEqual([...['OrderCancelled', 'OrderStatusChanged', 'PaymentRefunded']])
})

test('a held order gets what the orders service has not handled, and no announcement', () => {
  expect(typesOf('HELD', { reservation: 'RESERVED' })).toEqual(['OrderValidated', 'StockReserved'])
  expect(typesOf('HELD', { reservation: 'RESERVED', isReservationKnown: true })).toEqual(['OrderValidated'])
  expect(typesOf('HELD', { payment: captured })).toEqual(['OrderValidated', 'PaymentCaptured'])
  expect(clearedOfOrder({ ...order, status: 'HELD' }, now)).toBeUndefined()
})

test('the reservation of a released order is passed on to the payment again, under its own id', () => {
  const cleared = clearedOfOrder({ ...order, status: 'PROCESSING', holdOutcome: 'RELEASED' }, now)
  expect(cleared).toMatchObject({ id: eventId('StockReserved', orderId), data: { totalCents: 700, currency: 'EUR' } })
  expect(clearedOfOrder({ ...order, status: 'PROCESSING' }, now)).toBeUndefined()
  expect(clearedOfOrder({ ...order, status: 'CONFIRMED', holdOutcome: 'RELEASED' }, now)).toBeUndefined()
})

test('an order without stock ends quietly, as it did', () => {
  expect(typesOf('CANCELLED', { reason: 'OUT_OF_STOCK', reservation: 'REJECTED' })).toEqual(['OrderStatusChanged'])
})

test('events keep the ids of their first publication and can be read by every stage', () => {
  const shipped = { ...order, status: 'SHIPPED', parcel, shipment: { status: 'PREPARED', shipmentId } } as const
  const events = eventsOfOrder(shipped, now)
  expect(events.map(({ id }) => id)).toEqual([
    eventId('OrderConfirmed', orderId),
    eventId('OrderShipped', orderId),
    eventId('OrderStatusChanged', orderId, 'SHIPPED'),
  ])
  for (const event of events) expect(decode(encode(event).value)).toEqual(event)
  expect(events[2]).toMatchObject({ correlationId: 'c-1', data: { parcel } })
})

test('an order that was never priced is not validated', () => {
  expect(typesOf('PROCESSING', { totalCents: undefined })).toEqual(['OrderStatusChanged'])
})

test('requests, refunds of parts and disputes are published again under their own ids', () => {
  const refundId = '01936d60-0c1d-7e2f-9a3b-4c5d6e7f8a9b'
  const items = [{ sku: 'SKU-0001', quantity: 1 }]
  const request = { refundId, amountCents: 350, reason: 'returned', items, restocked: items }
  const requested = { refunds: [{ ...request, status: 'REQUESTED' as const }] }
  expect(typesOf('SHIPPED', requested)).toEqual([
    ...['OrderConfirmed', 'OrderStatusChanged', 'PartialRefundRequested', 'ItemsReturned'],
  ])
  const partialRefund = { refundId, chargeId: 'ch-1', amountCents: 350, currency: 'EUR', providerRefundId: 're-1' }
  const after = {
    refunds: [{ ...request, status: 'REFUNDED' as const, restocked: undefined }],
    partialRefunds: [{ ...partialRefund, status: 'REFUNDED' as const }],
  }
  expect(typesOf('SHIPPED', after)).toEqual(['OrderConfirmed', 'OrderStatusChanged', 'PaymentPartlyRefunded'])
  expect(typesOf('SHIPPED', { partialRefunds: [{ ...partialRefund, status: 'DUE' }] })).not.toContain(
    'PaymentPartlyRefunded',
  )
  const dispute = { disputeId: 'du-1', chargeId: 'ch-1', amountCents: 700, currency: 'EUR', reason: 'fraudulent' }
  expect(typesOf('SHIPPED', { disputes: [{ ...dispute, status: 'LOST' }] })).toEqual([
    ...['OrderConfirmed', 'OrderStatusChanged', 'PaymentDisputed', 'PaymentDisputeClosed'],
  ])
  const events = eventsOfOrder({ ...order, status: 'SHIPPED', ...requested }, now)
  expect(events.find(({ type }) => type === 'PartialRefundRequested')?.id).toBe(
    eventId('PartialRefundRequested', orderId, refundId),
  )
  for (const event of events) expect(decode(encode(event).value)).toEqual(event)
})

test('without their topics nothing about refunds of parts and disputes is published', () => {
  const dispute = { disputeId: 'du-1', chargeId: 'ch-1', amountCents: 700, currency: 'EUR', reason: 'fraudulent' }
  const events = eventsOfOrder({ ...order, status: 'SHIPPED', disputes: [{ ...dispute, status: 'OPEN' }] }, now)
  const types = (topics: readonly string[]) =>
    publishable(events, (topic) => topics.includes(topic)).map(({ type }) => type)
  expect(types(['payment.adjusted'])).toEqual(['OrderConfirmed', 'OrderStatusChanged', 'PaymentDisputed'])
  // Where a topic is missing that every pipeline has, the program fails.
  expect(types([])).toEqual(['OrderConfirmed', 'OrderStatusChanged'])
})
