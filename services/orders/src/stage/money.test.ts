// Does the orders service show what payment says of refunds and disputes once, and is a parcel that
// comes back refunded and put into stock, but for what went back before?
import { describe, expect, it } from 'vitest'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderStatus } from '@orderpipeline/order-events'
import { noMoney } from '../money/money.ts'
import type { Money, StoredDispute, StoredRefund } from '../money/money.ts'
import { adjustedMoney, returnedParcel } from './money.ts'
import { decide } from './saga.ts'

const now = new Date('2026-01-02T03:04:05Z')
const at = now.toISOString()
const about = { orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', customerId: 'customer-7' }
const context = { source: '/test', now }
const refundId = '01936d60-0c1d-7e2f-9a3b-4c5d6e7f8a9b'
const part = { refundId, amountCents: 300, currency: 'EUR' }
const partRefunded = eventOf(
  'PaymentPartlyRefunded',
  { ...about, ...part, chargeId: 'ch', providerRefundId: 're' },
  context,
)
const refused = eventOf('PartialRefundRefused', { ...about, ...part, refusal: 'EXCEEDS_CHARGE' }, context)
const disputed = { disputeId: 'du-1', chargeId: 'ch', amountCents: 900, currency: 'EUR', reason: 'fraudulent' }
const opened = eventOf('PaymentDisputed', { ...about, ...disputed }, context)
const closed = eventOf('PaymentDisputeClosed', { ...about, ...disputed, outcome: 'LOST' }, context)
const requested: StoredRefund = { refundId, amountCents: 300, status: 'REQUESTED', reason: 'test', at }
const open: StoredDispute = {
  ...{ disputeId: 'du-1', status: 'OPEN', amountCents: 900, currency: 'EUR', reason: 'fraudulent' },
  openedAt: at,
}

describe('what payment says of an order’s money', () => {
  const before: Money = { refunds: [requested], disputes: [] }

  it('settles the refund that was requested, once', () => {
    const after = adjustedMoney(partRefunded, before)
    expect(after).toEqual({ refunds: [{ ...requested, status: 'REFUNDED', settledAt: at }], disputes: [] })
    expect(adjustedMoney(partRefunded, after)).toBeUndefined()
    expect(adjustedMoney(refused, after)).toBeUndefined()
    const refusal = { status: 'REFUSED', refusal: 'EXCEEDS_CHARGE', settledAt: at }
    expect(adjustedMoney(refused, before)).toEqual({ refunds: [{ ...requested, ...refusal }], disputes: [] })
  })

  it('shows a refund that payment made by itself', () => {
    expect(adjustedMoney(partRefunded)).toMatchObject({ refunds: [{ refundId, amountCents: 300, status: 'REFUNDED' }] })
  })

  it('opens and closes a dispute once, also where only its end arrives', () => {
    const after = adjustedMoney(opened)
    expect(after).toEqual({ refunds: [], disputes: [open] })
    expect(adjustedMoney(opened, after)).toBeUndefined()
    const ended = adjustedMoney(closed, after)
    expect(ended).toEqual({ refunds: [], disputes: [{ ...open, status: 'LOST', closedAt: at }] })
    expect(adjustedMoney(closed, ended)).toBeUndefined()
    expect(adjustedMoney(closed)).toEqual(ended)
  })
})

describe('a disputed order', () => {
  const facts = { priceOf: () => undefined, itemsOf: () => [] }

  it.each(['PROCESSING', 'CONFIRMED'] as const)('is cancelled while it is %s, before its goods leave', (status) => {
    const decision = decide(status, opened, facts, now)
    expect(decision).toMatchObject({ status: 'CANCELLED', reason: 'DISPUTED', money: { disputes: [open] } })
    expect(decision?.events.map(({ type }) => type)).toEqual(['OrderCancelled', 'OrderStatusChanged'])
    expect(decision?.events[0]).toMatchObject({ data: { reason: 'DISPUTED' } })
  })

  it('is cancelled by a dispute of which only the loss arrives, and by none that was won', () => {
    expect(decide('CONFIRMED', closed, facts, now)).toMatchObject({ status: 'CANCELLED', reason: 'DISPUTED' })
    const closedForShop = eventOf('PaymentDisputeClosed', { ...about, ...disputed, outcome: 'WON' }, context)
    expect(decide('CONFIRMED', closedForShop, facts, now)).toMatchObject({ status: 'CONFIRMED', events: [] })
  })

  it.each<OrderStatus>(['SHIPPED', 'CANCELLED'])('stays as it is once it is %s', (status) => {
    expect(decide(status, opened, facts, now)).toEqual({
      ...{ status, money: { refunds: [], disputes: [open] }, events: [] },
    })
  })

  it('is not shipped by a shipment that was prepared before', () => {
    const prepared = eventOf('ShipmentPrepared', { ...about, shipmentId: about.orderId }, context)
    expect(decide('CANCELLED', prepared, facts, now)).toBeUndefined()
  })
})

describe('a parcel that comes back', () => {
  const items = [
    { sku: 'A', quantity: 3, unitPriceCents: 200 },
    { sku: 'B', quantity: 1, unitPriceCents: 300 },
    { sku: 'SHIPPING', quantity: 1, unitPriceCents: 100 },
  ]
  const paidOrder = { totalCents: 1_000, currency: 'EUR', items, ...noMoney }
  const policy = { keptSkus: ['SHIPPING'] }
  function returned(money: Partial<Money> = {}) {
    return returnedParcel(about, { ...paidOrder, ...money }, policy, context)
  }
  const goods = [
    { sku: 'A', quantity: 3 },
    { sku: 'B', quantity: 1 },
  ]

  it('refunds all goods and puts them into stock, and keeps the cost of shipping', () => {
    const { money, events } = returned()
    expect(money?.refunds).toMatchObject([
      { amountCents: 900, status: 'REQUESTED', reason: 'returned', items: goods, restocked: goods },
    ])
    expect(events).toMatchObject([
      { type: 'PartialRefundRequested', data: { amountCents: 900, currency: 'EUR', items: goods } },
      { type: 'ItemsReturned', data: { items: goods } },
    ])
    expect(returned().events.map(({ id }) => id)).toEqual(events.map(({ id }) => id))
  })

  it('refunds only what has not been refunded, and restocks what is not in stock', () => {
    const before: StoredRefund = { ...requested, amountCents: 200, items: [{ sku: 'A', quantity: 1 }] }
    const { events } = returned({ refunds: [before] })
    expect(events[0]).toMatchObject({ data: { amountCents: 700, items: [{ sku: 'A', quantity: 2 }, { sku: 'B' }] } })
    expect(events[1]).toMatchObject({ data: { items: goods } })
    const all: StoredRefund = { ...requested, amountCents: 1_000, items: goods, restocked: goods }
    expect(returned({ refunds: [all] })).toEqual({ events: [] })
    const amount: StoredRefund = { ...requested, amountCents: 950 }
    expect(returned({ refunds: [amount] }).events[0]).toMatchObject({ data: { amountCents: 50 } })
  })

  it.each(['OPEN', 'LOST'] as const)('gives nothing back of a payment whose dispute is %s', (status) => {
    const { money, events } = returned({ disputes: [{ ...open, status }] })
    expect(events.map(({ type }) => type)).toEqual(['ItemsReturned'])
    expect(money?.refunds).toMatchObject([{ status: 'REFUSED', refusal: 'DISPUTED', restocked: goods }])
  })

  it('leaves the money to staff where the pipeline has no refunds of parts', () => {
    const parcel = { carrier: 'Swift', trackingNumber: 'N-7' }
    const event = eventOf('ParcelReturned', { ...about, shipmentId: about.orderId, parcel }, context)
    const facts = { priceOf: () => undefined, itemsOf: () => [], paidOrderOf: () => paidOrder }
    expect(decide('SHIPPED', event, facts, now)?.events.map(({ type }) => type)).toEqual(['ParcelStatusChanged'])
    const on = decide('SHIPPED', event, { ...facts, returns: policy }, now)
    expect(on?.events.map(({ type }) => type)).toEqual([
      ...['ParcelStatusChanged', 'PartialRefundRequested', 'ItemsReturned'],
    ])
    expect(on?.money?.refunds).toHaveLength(1)
  })
})
