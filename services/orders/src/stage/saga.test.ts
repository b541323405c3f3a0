// Does each order end once, in the right state, whatever order the news comes in?
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderEvent, OrderStatus } from '@orderpipeline/order-events'
import { decide } from './saga.ts'

const now = new Date('2026-01-02T03:04:05Z')
const about = { orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', customerId: 'customer-7' }
const amount = { totalCents: 700, currency: 'EUR' }
const context = { source: '/test', now, correlationId: 'request-1', traceparent: '00-aa-bb-01' }
const items = [
  { sku: 'A', quantity: 2 },
  { sku: 'B', quantity: 1 },
]
const news = {
  placed: eventOf('OrderPlaced', { ...about, items, currency: 'EUR' }, context),
  rejected: eventOf('StockRejected', { ...about, missingSkus: ['A'] }, context),
  captured: eventOf('PaymentCaptured', { ...about, ...amount, chargeId: 'ch' }, context),
  declined: eventOf('PaymentDeclined', { ...about, ...amount, declineReason: 'no' }, context),
}
const prices = new Map([
  ['A', 200],
  ['B', 300],
])
const on = (status: OrderStatus, event: OrderEvent) => decide(status, event, (sku) => prices.get(sku), now)
const saidBy = (status: OrderStatus, event: OrderEvent) => on(status, event)?.events.map(({ type }) => type)

describe('the saga of an order', () => {
  it('prices a placed order', () => {
    const decision = on('PLACED', news.placed)
    expect(decision).toMatchObject({ status: 'PROCESSING', totalCents: 700 })
    expect(decision?.events[0]).toMatchObject({
      type: 'OrderValidated',
      correlationId: 'request-1',
      traceparent: '00-aa-bb-01',
      data: { totalCents: 700, items: [{ sku: 'A', quantity: 2, unitPriceCents: 200 }, { sku: 'B' }] },
    })
    expect(saidBy('PLACED', news.placed)).toEqual(['OrderValidated', 'OrderStatusChanged'])
  })

  it('cancels an order for what is not sold', () => {
    const decision = decide('PLACED', news.placed, () => undefined, now)
    expect(decision).toMatchObject({ status: 'CANCELLED', reason: 'UNKNOWN_SKU' })
    expect(decision?.events.map(({ type }) => type)).toEqual(['OrderStatusChanged'])
  })

  it('ends by what stock and payment say, and has stock released only where it was reserved', () => {
    expect(on('PROCESSING', news.captured)).toMatchObject({ status: 'CONFIRMED' })
    expect(on('PROCESSING', news.rejected)).toMatchObject({ status: 'CANCELLED', reason: 'OUT_OF_STOCK' })
    expect(on('PROCESSING', news.declined)).toMatchObject({ status: 'CANCELLED', reason: 'PAYMENT_DECLINED' })
    expect(saidBy('PROCESSING', news.rejected)).toEqual(['OrderStatusChanged'])
    expect(saidBy('PROCESSING', news.declined)).toEqual(['OrderCancelled', 'OrderStatusChanged'])
  })

  it('reaches at most one end, whatever comes and however often', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...Object.values(news)), { maxLength: 12 }), (heard) => {
        let status: OrderStatus = 'PLACED'
        const ends: OrderStatus[] = []
        for (const event of heard) {
          const next: OrderStatus | undefined = on(status, event)?.status
          if (next === undefined) continue
          expect(next).not.toBe('PLACED')
          expect(next).not.toBe(status)
          status = next
          if (status !== 'PROCESSING') ends.push(status)
        }
        expect(ends.length).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('says the same again under the same ids', () => {
    const ids = (at: Date) => decide('PLACED', news.placed, () => 1, at)?.events.map(({ id }) => id)
    expect(ids(new Date(1))).toEqual(ids(new Date(2)))
  })
})
