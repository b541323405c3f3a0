// Does each order end once, in the right state, whatever order its events come in?
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderEvent, OrderStatus } from '@orderpipeline/order-events'
import { receivedEntries, releaseEntries } from './timeline.ts'
import { cancellable, cancelled, decide, released } from './saga.ts'
import type { Decision, StoredParcel } from './saga.ts'

const now = new Date('2026-01-02T03:04:05Z')
const about = { orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', customerId: 'customer-7' }
const amount = { totalCents: 700, currency: 'EUR' }
const context = { source: '/test', now, correlationId: 'request-1', traceparent: '00-aa-bb-01' }
const items = [
  { sku: 'A', quantity: 2 },
  { sku: 'B', quantity: 1 },
]
const events = {
  placed: eventOf('OrderPlaced', { ...about, items, currency: 'EUR' }, context),
  rejected: eventOf('StockRejected', { ...about, missingSkus: ['A'] }, context),
  captured: eventOf('PaymentCaptured', { ...about, ...amount, chargeId: 'ch' }, context),
  declined: eventOf('PaymentDeclined', { ...about, ...amount, declineReason: 'no' }, context),
  prepared: eventOf('ShipmentPrepared', { ...about, shipmentId: about.orderId }, context),
  expired: eventOf('ReservationExpired', about, context),
  holdRequested: eventOf('HoldRequested', { ...about, reasons: ['LARGE_ORDER'] }, context),
}
const prices = new Map([
  ['A', 200],
  ['B', 300],
])
const facts = { priceOf: (sku: string) => prices.get(sku), itemsOf: () => items }
function on(status: OrderStatus, event: OrderEvent) {
  return decide(status, event, facts, now)
}
function saidBy(status: OrderStatus, event: OrderEvent) {
  return on(status, event)?.events.map(({ type }) => type)
}

describe('the saga of an order', () => {
  it('prices a placed order', () => {
    const decision = on('PLACED', events.placed)
    expect(decision).toMatchObject({ status: 'PROCESSING', totalCents: 700 })
    expect(decision?.events[0]).toMatchObject({
      type: 'OrderValidated',
      correlationId: 'request-1',
      traceparent: '00-aa-bb-01',
      data: { totalCents: 700, items: [{ sku: 'A', quantity: 2, unitPriceCents: 200 }, { sku: 'B' }] },
    })
    expect(saidBy('PLACED', events.placed)).toEqual(['OrderValidated', 'OrderStatusChanged'])
  })

  it('cancels an order of products that are not sold', () => {
    const decision = decide('PLACED', events.placed, { ...facts, priceOf: () => undefined }, now)
    expect(decision).toMatchObject({ status: 'CANCELLED', reason: 'UNKNOWN_SKU' })
    expect(decision?.events.map(({ type }) => type)).toEqual(['OrderStatusChanged'])
  })

  it('follows the answers of stock and payment, and emits compensations only where needed', () => {
    expect(on('PROCESSING', events.captured)).toMatchObject({ status: 'CONFIRMED' })
    expect(on('PROCESSING', events.captured)?.events[0]).toMatchObject({ type: 'OrderConfirmed', data: { items } })
    expect(on('PROCESSING', events.rejected)).toMatchObject({ status: 'CANCELLED', reason: 'OUT_OF_STOCK' })
    expect(on('PROCESSING', events.declined)).toMatchObject({ status: 'CANCELLED', reason: 'PAYMENT_DECLINED' })
    expect(on('PROCESSING', events.expired)).toMatchObject({ status: 'CANCELLED', reason: 'DEADLINE' })
    expect(saidBy('PROCESSING', events.rejected)).toEqual(['OrderStatusChanged'])
    expect(saidBy('PROCESSING', events.declined)).toEqual(['OrderCancelled', 'OrderStatusChanged'])
  })

  it('ships an order once it is paid and prepared', () => {
    expect(on('CONFIRMED', events.prepared)).toMatchObject({ status: 'SHIPPED' })
    expect(saidBy('CONFIRMED', events.prepared)).toEqual(['OrderShipped', 'OrderStatusChanged'])
    expect(on('CANCELLED', events.prepared)).toBeUndefined()
    expect(on('PROCESSING', events.prepared)).toBeUndefined()
  })

  it('cancels an order until it has shipped, and tells every stage', () => {
    expect((['PLACED', 'PROCESSING', 'HELD', 'CONFIRMED'] as const).every(cancellable)).toBe(true)
    expect((['SHIPPED', 'CANCELLED'] as const).some(cancellable)).toBe(false)
    expect(cancelled(about, 'CUSTOMER', context)).toMatchObject({
      status: 'CANCELLED',
      reason: 'CUSTOMER',
      events: [
        { type: 'OrderCancelled', data: { ...about, reason: 'CUSTOMER' } },
        { type: 'OrderStatusChanged', data: { status: 'CANCELLED', reason: 'CUSTOMER' } },
      ],
    })
  })

  it('refunds a late capture, and repeats the release of expired stock', () => {
    const late = on('CANCELLED', events.captured)
    expect(late).toMatchObject({ status: 'CANCELLED', events: [{ type: 'RefundRequested', data: { chargeId: 'ch' } }] })
    const again = on('CANCELLED', events.expired)
    expect(again).toMatchObject({ events: [{ type: 'OrderCancelled' }] })
    expect(again?.events[0]?.id).not.toBe(cancelled(about, 'DEADLINE', context).events[0]?.id)
    expect(on('SHIPPED', events.captured)).toBeUndefined()
    expect(on('CONFIRMED', events.expired)).toBeUndefined()
  })

  it('reaches at most one end, whatever arrives and however often', () => {
    const anyEvent = fc.constantFrom<OrderEvent | 'cancel'>(...Object.values(events), 'cancel')
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 12 }), (all) => {
        let status: OrderStatus = 'PLACED'
        const statuses: OrderStatus[] = [status]
        for (const event of all) {
          const cancellation: Decision | undefined =
            event === 'cancel' && cancellable(status) ? cancelled(about, 'CUSTOMER', context) : undefined
          const heardOf: Decision | undefined = event === 'cancel' ? cancellation : on(status, event)
          status = heardOf?.status ?? status
          if (status !== statuses.at(-1)) statuses.push(status)
        }
        expect(new Set(statuses).size).toBe(statuses.length)
        expect(statuses.filter((each) => each === 'SHIPPED' || each === 'CANCELLED').length).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('repeats its events under the same ids', () => {
    const ids = (at: Date) => decide('PLACED', events.placed, facts, at)?.events.map(({ id }) => id)
    expect(ids(new Date(1))).toEqual(ids(new Date(2)))
  })
})

describe('a held order', () => {
  const order = { ...about, currency: 'EUR', totalCents: 700, items, isReserved: true, isCaptured: false }

  it('is held once, before it is paid, and no event announces it', () => {
    expect(on('PROCESSING', events.holdRequested)).toEqual({
      status: 'HELD',
      holdReasons: ['LARGE_ORDER'],
      events: [],
    })
    expect(decide('PROCESSING', events.holdRequested, { ...facts, wasHeld: () => true }, now)).toBeUndefined()
    for (const status of ['PLACED', 'HELD', 'CONFIRMED', 'SHIPPED', 'CANCELLED'] as const)
      expect(on(status, events.holdRequested)).toBeUndefined()
  })

  it('waits for its decision alone', () => {
    for (const event of [events.placed, events.captured, events.expired, events.holdRequested])
      expect(on('HELD', event)).toBeUndefined()
    expect(on('HELD', events.rejected)).toMatchObject({ status: 'CANCELLED', reason: 'OUT_OF_STOCK' })
    expect(on('HELD', events.declined)).toMatchObject({ status: 'CANCELLED', reason: 'PAYMENT_DECLINED' })
  })

  it('ships if its shipment is prepared: a restored database does not know that it was released', () => {
    expect(on('HELD', events.prepared)).toEqual(on('CONFIRMED', events.prepared))
  })

  it('goes on with its own reservation once it is released, under the id that inventory gave', () => {
    const reservation = eventOf('StockReserved', { ...about, ...amount }, { source: '/inventory', now })
    expect(released(order, context)).toMatchObject({
      status: 'PROCESSING',
      events: [],
      cleared: { type: 'StockReserved', id: reservation.id, data: reservation.data },
    })
  })

  it('is not charged without stock, nor twice', () => {
    expect(released({ ...order, isReserved: false }, context)).toBeUndefined()
    expect(released({ ...order, totalCents: undefined }, context)).toBeUndefined()
    const charged = released({ ...order, isCaptured: true }, context)
    expect(charged?.cleared).toBeUndefined()
    expect(charged).toMatchObject({
      status: 'CONFIRMED',
      events: [{ type: 'OrderConfirmed', data: { items } }, { data: { status: 'CONFIRMED' } }],
    })
  })

  it('has its hold and release in its history, and no request that came to nothing', () => {
    const entries = (status: OrderStatus, decided: boolean) =>
      receivedEntries(events.holdRequested, status, decided).map(({ event }) => event)
    expect([entries('PROCESSING', true), entries('SHIPPED', false)]).toEqual([['HoldRequested'], []])
    const release = (to: OrderStatus) =>
      releaseEntries(about.orderId, to, about.orderId, now).map(({ event, status }) => [event, status])
    expect(release('PROCESSING')).toEqual([['OrderReleased', 'PROCESSING']])
    expect(release('CONFIRMED')).toEqual([
      ['OrderReleased', undefined],
      ['OrderConfirmed', 'CONFIRMED'],
    ])
  })
})

it('an expired reservation ends its order, except while no order is being paid', () => {
  expect(decide('PROCESSING', events.expired, facts, context.now)?.status).toBe('CANCELLED')
  expect(decide('PROCESSING', events.expired, { ...facts, paymentsStall: true }, context.now)).toBeUndefined()
  expect(decide('CANCELLED', events.expired, { ...facts, paymentsStall: true }, context.now)?.events).toHaveLength(1)
})

it('reports each event of a parcel once, apart from the order’s status', () => {
  const parcel = { carrier: 'C', trackingNumber: 'N' }
  const parcelEvent = (type: 'ParcelDelivered' | 'ParcelDeliveryFailed' | 'ParcelReturned') =>
    eventOf(type, { ...about, shipmentId: about.orderId, parcel }, context)
  const all = [parcelEvent('ParcelDelivered'), parcelEvent('ParcelDeliveryFailed'), parcelEvent('ParcelReturned')]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...all), { maxLength: 8 }), (sequence) => {
      let current: StoredParcel['status'] = 'UNDERWAY'
      const messages: string[] = []
      for (const event of sequence) {
        const decision = decide('SHIPPED', event, { ...facts, parcelStatusOf: () => current }, now)
        if (!decision) continue
        expect(decision.status).toBe('SHIPPED')
        current = decision.parcel?.status ?? current
        messages.push(...decision.events.map(({ type, data }) => `${type} ${'status' in data ? data.status : ''}`))
      }
      expect(new Set(messages).size).toBe(messages.length)
      expect(messages.length).toBeLessThanOrEqual(2)
      expect(messages.slice(0, -1)).not.toContain('ParcelStatusChanged DELIVERED')
    }),
  )
  for (const status of ['PLACED', 'PROCESSING', 'CONFIRMED', 'CANCELLED'] as const)
    for (const event of all) expect(decide(status, event, facts, now)).toBeUndefined()
})

it('ships an order with the tracking data of its parcel', () => {
  const parcel = { carrier: 'C', trackingNumber: 'N' }
  const preparation = eventOf('ShipmentPrepared', { ...about, shipmentId: about.orderId, parcel }, context)
  const shipping = decide('CONFIRMED', preparation, facts, now)
  expect(shipping?.parcel).toEqual({ ...parcel, status: 'UNDERWAY' })
  expect(shipping?.events.at(-1)?.data).toMatchObject({ status: 'SHIPPED', parcel })
})
