// Are refunds of parts together never more than was charged, each decided once, and is its outcome
// published under one id however often it is requested?
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventOf } from '@orderpipeline/order-events'
import type { Payment } from '../payments.ts'
import { decidePartialRefund, outcomeEvent } from './partial-refunds.ts'
import type { PartialRefund } from './partial-refunds.ts'

const now = new Date(0)
const context = { source: '/test', now, correlationId: 'request-1' }
const about = { orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', customerId: 'customer-7' }
const captured: Payment = { ...about, status: 'CAPTURED', amountCents: 700, currency: 'EUR', chargeId: 'ch-1' }
function request(amountCents: number, currency = 'EUR') {
  const data = { ...about, refundId: randomUUID(), amountCents, currency, reason: 'test' }
  return eventOf('PartialRefundRequested', data, context, data.refundId)
}

test('accepts a part, and stores whose request it follows', () => {
  const event = request(300)
  const decision = decidePartialRefund(captured, undefined, event, now)
  expect(decision.added).toMatchObject({
    ...{ ...about, refundId: event.data.refundId, chargeId: 'ch-1', amountCents: 300, status: 'DUE' },
    correlationId: 'request-1',
  })
  expect(decision.payment).toMatchObject({ partlyRefundedCents: 300 })
  expect(decision.event).toBeUndefined()
})

test.each<[string, Payment | undefined, ReturnType<typeof request>]>([
  ['NOT_CHARGED', undefined, request(1)],
  ['NOT_CHARGED', { ...about, status: 'CANCELLED' }, request(1)],
  ['NOT_CHARGED', { ...about, status: 'DECLINED', amountCents: 700, currency: 'EUR' }, request(1)],
  ['REFUNDED', { ...captured, status: 'REFUNDED', refundId: 're-1' }, request(1)],
  ['DISPUTED', { ...captured, disputed: true }, request(1)],
  ['CURRENCY', captured, request(1, 'JPY')],
  ['EXCEEDS_CHARGE', captured, request(701)],
  ['EXCEEDS_CHARGE', { ...captured, partlyRefundedCents: 500 }, request(201)],
])('refuses as %s', (refusal, payment, event) => {
  const { added, event: refusedEvent, payment: changed } = decidePartialRefund(payment, undefined, event, now)
  expect(added).toMatchObject({ status: 'REFUSED', refusal })
  expect(refusedEvent).toMatchObject({ type: 'PartialRefundRefused', data: { refusal, refundId: event.data.refundId } })
  expect(changed).toBeUndefined()
})

const existing = { refundId: 're-7', chargeId: 'ch-1', amountCents: 300, currency: 'EUR' }

test.each<[string, Payment]>([
  ['disputed', { ...captured, disputed: true }],
  ['refunded but for the part', { ...captured, status: 'REFUNDED', refundId: 're-1' }],
])('books a part that the provider has made, though its payment is %s', (_, payment) => {
  const event = request(300)
  const decision = decidePartialRefund(payment, undefined, event, now, existing)
  expect(decision.added).toMatchObject({ status: 'REFUNDED', providerRefundId: 're-7', chargeId: 'ch-1' })
  expect(decision.added?.refusal).toBeUndefined()
  expect(decision.payment).toMatchObject({ partlyRefundedCents: 300 })
  expect(decision.event).toMatchObject({ type: 'PaymentPartlyRefunded', data: { providerRefundId: 're-7' } })
  // The same event as of the refund that was lost with the database.
  const before: PartialRefund = { ...event.data, chargeId: 'ch-1', status: 'REFUNDED', providerRefundId: 're-7' }
  expect(decision.event?.id).toBe(outcomeEvent(before, context)?.id)
})

test('publishes the outcome of a request that comes again, and adds nothing', () => {
  const event = request(300)
  const { refundId } = event.data
  const about = { refundId, orderId: event.data.orderId, customerId: 'customer-7', amountCents: 300, currency: 'EUR' }
  const due: PartialRefund = { ...about, chargeId: 'ch-1', status: 'DUE' }
  expect(decidePartialRefund(captured, due, event, now)).toEqual({})
  const refundedPart: PartialRefund = { ...due, status: 'REFUNDED', providerRefundId: 're-1' }
  const again = decidePartialRefund({ ...captured, partlyRefundedCents: 700 }, refundedPart, event, now)
  expect(again.added).toBeUndefined()
  expect(again.event?.id).toBe(outcomeEvent(refundedPart, { source: '/other', now: new Date(1) })?.id)
  expect(again.event).toMatchObject({ type: 'PaymentPartlyRefunded', data: { providerRefundId: 're-1' } })
})

test('accepts no more than was charged, whatever is requested and refused in between', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 30 }), (amounts) => {
      let payment = captured
      const accepted: number[] = []
      for (const amountCents of amounts) {
        const decision = decidePartialRefund(payment, undefined, request(amountCents), now)
        if (decision.added?.status === 'DUE') accepted.push(amountCents)
        else expect(amountCents).toBeGreaterThan(700 - accepted.reduce((sum, cents) => sum + cents, 0))
        payment = decision.payment ?? payment
      }
      expect(accepted.reduce((sum, cents) => sum + cents, 0)).toBeLessThanOrEqual(700)
    }),
  )
})
