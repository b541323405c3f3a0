// Is the money right in every order in which a reservation, a cancellation and the provider's
// answers can come?
import { describe, expect, it } from 'vitest'
import { eventOf } from '@orderpipeline/order-events'
import { callFor, settle } from './payments.ts'
import type { ProviderAnswer, Payment } from './payments.ts'

const now = new Date(0)
const context = { source: '/test', now }
const about = { orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', customerId: 'customer-7' }
const reserved = eventOf('StockReserved', { ...about, totalCents: 700, currency: 'EUR' }, context)
const cancelled = eventOf('OrderCancelled', { ...about, reason: 'CUSTOMER' }, context)
const requested = eventOf('RefundRequested', { ...about, chargeId: 'ch-1' }, context)
function charged(outcome: 'captured' | 'declined'): ProviderAnswer {
  return {
    kind: 'charged',
    reserved,
    outcome: outcome === 'captured' ? { status: outcome, chargeId: 'ch-1' } : { status: outcome, reason: 'no' },
  }
}
const refunded: ProviderAnswer = {
  kind: 'refunded',
  refund: { refundId: 're-1', chargeId: 'ch-1', amountCents: 700, currency: 'EUR' },
}
const captured: Payment = { ...about, status: 'CAPTURED', amountCents: 700, currency: 'EUR', chargeId: 'ch-1' }
const stopped: Payment = { ...about, status: 'CANCELLED' }
const givenBack: Payment = { ...captured, status: 'REFUNDED', refundId: 're-1' }

describe('the calls to the provider at the end of an order', () => {
  it('stop a charge in flight, and refund a captured one once', () => {
    expect(callFor(undefined)).toEqual({ kind: 'void' })
    expect(callFor(captured)).toEqual({ kind: 'refund', chargeId: 'ch-1' })
    for (const payment of [stopped, givenBack]) expect(callFor(payment)).toEqual({ kind: 'nothing' })
  })
})

describe('the outcome of a payment', () => {
  it('is the provider’s answer to the charge, reported once', () => {
    expect(settle(undefined, reserved, charged('captured'), now)).toMatchObject({
      payment: captured,
      event: { type: 'PaymentCaptured', data: { chargeId: 'ch-1', totalCents: 700 } },
    })
    expect(settle(undefined, reserved, charged('declined'), now)).toMatchObject({
      payment: { status: 'DECLINED', declineReason: 'no' },
      event: { type: 'PaymentDeclined' },
    })
    expect(settle(captured, reserved, charged('captured'), now)).toBeUndefined()
  })

  it('is a note that nothing will be charged after a cancellation', () => {
    expect(settle(undefined, cancelled, { kind: 'voided' }, now)).toEqual({ payment: stopped, event: undefined })
    expect(settle(stopped, reserved, charged('declined'), now)).toBeUndefined()
  })

  it('is refunded and reported once, however often requested', () => {
    const first = settle(captured, cancelled, refunded, now)
    expect(first).toMatchObject({ payment: givenBack, event: { type: 'PaymentRefunded', data: { refundId: 're-1' } } })
    expect(settle(givenBack, requested, refunded, now)).toBeUndefined()
    expect(settle(captured, requested, refunded, now)?.event?.id).toBe(first?.event?.id)
  })

  it('repeats a refund under its id for each repeated cancellation', () => {
    const first = settle(captured, cancelled, refunded, now)
    const again = settle(givenBack, cancelled, { kind: 'nothing' }, now)
    expect(again?.payment).toBe(givenBack)
    expect(again?.event).toEqual(first?.event)
    expect(settle(givenBack, requested, { kind: 'nothing' }, now)).toBeUndefined()
    expect(settle(stopped, cancelled, { kind: 'nothing' }, now)).toBeUndefined()
  })

  it('is refunded, not captured, for a charge that outlived the cancellation', () => {
    expect(settle(undefined, cancelled, refunded, now)).toMatchObject({ payment: givenBack })
    expect(settle(givenBack, reserved, charged('captured'), now)).toBeUndefined()
  })

  it('is captured despite the note, so that orders requests the refund', () => {
    expect(settle(stopped, reserved, charged('captured'), now)).toMatchObject({
      payment: { status: 'CAPTURED' },
      event: { type: 'PaymentCaptured' },
    })
  })
})

describe('a payment of which parts were refunded', () => {
  const partly: Payment = { ...captured, partlyRefundedCents: 300 }
  const rest: ProviderAnswer = {
    kind: 'refunded',
    refund: { refundId: 're-1', chargeId: 'ch-1', amountCents: 400, currency: 'EUR' },
  }

  it('keeps its amount when the rest is refunded, and publishes how much the rest was', () => {
    const settlement = settle(partly, cancelled, rest, now)
    expect(settlement?.payment).toMatchObject({ status: 'REFUNDED', amountCents: 700 })
    expect(settlement?.event).toMatchObject({ type: 'PaymentRefunded', data: { totalCents: 400 } })
    const again = settle({ ...partly, status: 'REFUNDED', refundId: 're-1' }, cancelled, { kind: 'nothing' }, now)
    expect(again?.event).toMatchObject({ id: settlement?.event?.id, data: { totalCents: 400 } })
  })
})
