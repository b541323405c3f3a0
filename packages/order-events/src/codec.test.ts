// Does every event survive the wire, and is everything else refused with a reason?
import { describe, expect, it } from 'vitest'
import { clearedTopic, decode, encode, encodeCleared, topicOf, UndecodableEventError } from './codec.ts'
import { eventId, eventOf } from './event.ts'
import type { OrderEvent } from './event.ts'

const orderId = '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
const about = { orderId, customerId: 'customer-7' }
const amount = { totalCents: 4200, currency: 'EUR' }
const context = { source: '/orders', now: new Date('2026-01-02T03:04:05.678Z'), correlationId: 'request-1' }
const events: OrderEvent[] = [
  eventOf('OrderPlaced', { ...about, items: [{ sku: 'SKU-0001', quantity: 2 }], currency: 'EUR' }, context),
  eventOf(
    'OrderValidated',
    { ...about, items: [{ sku: 'SKU-0001', quantity: 2, unitPriceCents: 2100 }], ...amount },
    context,
  ),
  eventOf('StockReserved', { ...about, ...amount }, context),
  eventOf('StockRejected', { ...about, missingSkus: ['SKU-0001'] }, context),
  eventOf('PaymentCaptured', { ...about, ...amount, chargeId: 'ch-1' }, context),
  eventOf('PaymentDeclined', { ...about, ...amount, declineReason: 'insufficient funds' }, context),
  eventOf('PaymentRefunded', { ...about, ...amount, chargeId: 'ch-1', refundId: 're-1' }, context),
  eventOf('ReservationExpired', about, context),
  eventOf('HoldRequested', { ...about, reasons: ['LARGE_ORDER'] }, context),
  eventOf('OrderConfirmed', { ...about, items: [{ sku: 'SKU-0001', quantity: 2 }] }, context),
  eventOf('ShipmentPrepared', { ...about, shipmentId: orderId }, context),
  eventOf('OrderShipped', { ...about, shipmentId: orderId }, context),
  eventOf('ProductsRecommended', { ...about, skus: ['SKU-0002'] }, context),
  eventOf('CartAbandoned', { ...about, items: [{ sku: 'SKU-0001', quantity: 2 }] }, context),
  eventOf('CartClosed', about, context),
  eventOf('RefundRequested', { ...about, chargeId: 'ch-1' }, context),
  eventOf('OrderCancelled', { ...about, reason: 'PAYMENT_DECLINED' }, context),
  eventOf('OrderStatusChanged', { ...about, status: 'PROCESSING' }, context, 'PROCESSING'),
]

it('passes a reservation on as it is, to the topic that the payment reads where orders are held', () => {
  const reservation = eventOf('StockReserved', { ...about, ...amount }, context)
  expect(encodeCleared(reservation)).toEqual({ ...encode(reservation), topic: clearedTopic })
  expect(encodeCleared(reservation, (topic) => topic === clearedTopic).key).toBe(orderId)
})

function reasonOf(value: string | null): string {
  try {
    decode(value)
  } catch (error) {
    if (error instanceof UndecodableEventError) return error.reason
    throw error
  }
  return 'decoded'
}

function envelopeOf(event: OrderEvent) {
  return JSON.parse(encode(event).value) as Record<string, unknown>
}

describe('the codec', () => {
  it.each(events)('decodes $type to what was encoded', (event) => {
    const encoded = encode(event)
    expect(decode(Buffer.from(encoded.value))).toEqual(event)
    expect(encoded.key).toBe('customer-7')
    expect(encode(event, (topic) => topic === encoded.topic).key).toBe(event.data.orderId)
    expect(encode(event, (topic) => topic !== encoded.topic).key).toBe('customer-7')
    expect(encoded.topic).toBe(topicOf(event.type))
  })

  it('writes a CloudEvents 1.0 envelope', () => {
    expect(envelopeOf(events[0]!)).toMatchObject({
      specversion: '1.0',
      type: 'dev.orderpipeline.orders.placed.v1',
      subject: orderId,
      source: '/orders',
      correlationid: 'request-1',
      time: '2026-01-02T03:04:05.678Z',
    })
  })

  it('tolerates unknown fields', () => {
    const envelope = envelopeOf(events[2]!)
    const value = JSON.stringify({ ...envelope, tenant: 'x', data: { ...(envelope['data'] as object), later: 1 } })
    expect(decode(value)).toEqual(events[2])
  })

  it.each(events)('reads ids of $type in capitals as the same ids', (event) => {
    const envelope = envelopeOf(event)
    const data = envelope['data'] as Record<string, unknown>
    const capital = (value: unknown) => String(value).toUpperCase()
    const ids = Object.fromEntries(
      Object.entries(data)
        .filter(([name]) => name === 'orderId' || name === 'shipmentId')
        .map(([name, id]) => [name, capital(id)]),
    )
    const value = JSON.stringify({ ...envelope, id: capital(envelope['id']), data: { ...data, ...ids } })
    expect(value).not.toBe(encode(event).value)
    expect(decode(value)).toEqual(event)
  })

  it('refuses data that is not an event, with the reason', () => {
    const envelope = envelopeOf(events[2]!)
    expect(reasonOf(null)).toBe('NotJson')
    expect(reasonOf('{"a":')).toBe('NotJson')
    expect(reasonOf('42')).toBe('NotACloudEvent')
    expect(reasonOf(JSON.stringify({ ...envelope, id: 'not-a-uuid' }))).toBe('NotACloudEvent')
    expect(reasonOf(JSON.stringify({ ...envelope, type: 'dev.orderpipeline.orders.placed.v2' }))).toBe('UnknownType')
    expect(reasonOf(JSON.stringify({ ...envelope, data: { ...about, totalCents: 1.5 } }))).toBe('InvalidData')
  })
})

describe('the id of an event', () => {
  it('follows from type, order and discriminator', () => {
    expect(eventId('StockReserved', orderId)).toBe(eventId('StockReserved', orderId))
    expect(eventId('StockReserved', orderId.toUpperCase())).toBe(eventId('StockReserved', orderId))
    expect(eventId('StockReserved', orderId)).not.toBe(eventId('StockRejected', orderId))
    expect(eventId('OrderStatusChanged', orderId, 'PROCESSING')).not.toBe(
      eventId('OrderStatusChanged', orderId, 'CONFIRMED'),
    )
  })

  it('begins with the time of the order’s id', () => {
    const orderId = '019d4656-ffff-7abc-8def-0123456789ab'
    const ids = [eventId('OrderPlaced', orderId), eventId('StockReserved', orderId.toUpperCase())]
    for (const id of ids) expect(id).toMatch(/^019d4656-ffff-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(new Set(ids).size).toBe(2)
  })

  it('stays as before where the order’s id has no time', () => {
    expect(eventId('OrderPlaced', '5b4f8a0e-2f0c-4a55-9d8c-6a1f4d6f2b11')).toBe('014d5f37-43ee-8713-ab92-19a4028c24a1')
  })
})
