// Is every cent that has to go back, and has not, written down, and nothing else?
import { expect, test } from 'vitest'
import { eventOf } from '@orderpipeline/order-events'
import { dueRefundOf } from './dues.ts'
import type { ProviderAnswer, Payment, PaymentStatus } from '../payments.ts'

const context = { source: '/test', now: new Date(0) }
const about = { orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', customerId: 'customer-7' }
const reserved = eventOf('StockReserved', { ...about, totalCents: 700, currency: 'EUR' }, context)
const cancelled = eventOf('OrderCancelled', { ...about, reason: 'CUSTOMER' }, context)
function paymentIn(status: PaymentStatus, chargeId?: string): Payment {
  return {
    ...about,
    status,
    ...(status === 'CANCELLED' ? {} : { amountCents: 700, currency: 'EUR' }),
    ...(chargeId === undefined ? {} : { chargeId }),
  }
}
function captured(chargeId: string): ProviderAnswer {
  return {
    kind: 'charged',
    reserved,
    outcome: { status: 'captured', chargeId },
  }
}
const owedAnswer: ProviderAnswer = { kind: 'owed', chargeId: undefined, error: 'answered 422' }

test('a second charge is due whatever happened to the first', () => {
  const due = { ...about, chargeId: 'ch-2', reason: 'SECOND_CHARGE', amountCents: 700, currency: 'EUR' }
  for (const payment of [paymentIn('CAPTURED', 'ch-1'), paymentIn('REFUNDED', 'ch-1'), paymentIn('DECLINED')])
    expect(dueRefundOf(payment, reserved, captured('ch-2'))).toEqual(due)
})

test('no refund is due for the first charge, its repeat, or a cancelled order’s', () => {
  for (const payment of [
    undefined,
    paymentIn('CAPTURED', 'ch-1'),
    paymentIn('REFUNDED', 'ch-1'),
    paymentIn('CANCELLED'),
  ])
    expect(dueRefundOf(payment, reserved, captured('ch-1'))).toBeUndefined()
})

test('a refused refund is due with all known data unless it is settled', () => {
  expect(dueRefundOf(paymentIn('CAPTURED', 'ch-1'), cancelled, owedAnswer)).toMatchObject({
    ...{ chargeId: 'ch-1', reason: 'GIVEN_UP', amountCents: 700, currency: 'EUR', error: 'answered 422' },
  })
  expect(dueRefundOf(undefined, cancelled, owedAnswer)).toMatchObject({ chargeId: '', reason: 'GIVEN_UP' })
  for (const status of ['REFUNDED', 'CANCELLED', 'DECLINED'] as const)
    expect(dueRefundOf(paymentIn(status), cancelled, owedAnswer)).toBeUndefined()
})

test('a refused refund is due for what refunds of parts have left', () => {
  const partly = { ...paymentIn('CAPTURED', 'ch-1'), partlyRefundedCents: 300 }
  expect(dueRefundOf(partly, cancelled, owedAnswer)).toMatchObject({ amountCents: 400 })
})
