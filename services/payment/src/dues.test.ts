// Is every cent that has to go back, and has not, written down, and nothing else?
import { expect, test } from 'vitest'
import { eventOf } from '@orderpipeline/order-events'
import { dueOf } from './dues.ts'
import type { Answer, Payment, PaymentStatus } from './payments.ts'

const context = { source: '/test', now: new Date(0) }
const about = { orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', customerId: 'customer-7' }
const reserved = eventOf('StockReserved', { ...about, totalCents: 700, currency: 'EUR' }, context)
const cancelled = eventOf('OrderCancelled', { ...about, reason: 'CUSTOMER' }, context)
const paymentIn = (status: PaymentStatus, chargeId?: string): Payment => ({
  ...about,
  status,
  ...(status === 'CANCELLED' ? {} : { amountCents: 700, currency: 'EUR' }),
  ...(chargeId === undefined ? {} : { chargeId }),
})
const captured = (chargeId: string): Answer => ({
  kind: 'charged',
  reserved,
  outcome: { status: 'captured', chargeId },
})
const owedAnswer: Answer = { kind: 'owed', chargeId: undefined, error: 'answered 422' }

test('a second charge is due whatever happened to the first', () => {
  const due = { ...about, chargeId: 'ch-2', reason: 'SECOND_CHARGE', amountCents: 700, currency: 'EUR' }
  for (const payment of [paymentIn('CAPTURED', 'ch-1'), paymentIn('REFUNDED', 'ch-1'), paymentIn('DECLINED')])
    expect(dueOf(payment, reserved, captured('ch-2'))).toEqual(due)
})

test('no refund is due for the first charge, its repeat, or a cancelled order’s', () => {
  for (const payment of [
    undefined,
    paymentIn('CAPTURED', 'ch-1'),
    paymentIn('REFUNDED', 'ch-1'),
    paymentIn('CANCELLED'),
  ])
    expect(dueOf(payment, reserved, captured('ch-1'))).toBeUndefined()
})

test('a refused refund is due with all known data unless it is settled', () => {
  expect(dueOf(paymentIn('CAPTURED', 'ch-1'), cancelled, owedAnswer)).toMatchObject({
    ...{ chargeId: 'ch-1', reason: 'GIVEN_UP', amountCents: 700, currency: 'EUR', error: 'answered 422' },
  })
  expect(dueOf(undefined, cancelled, owedAnswer)).toMatchObject({ chargeId: '', reason: 'GIVEN_UP' })
  for (const status of ['REFUNDED', 'CANCELLED', 'DECLINED'] as const)
    expect(dueOf(paymentIn(status), cancelled, owedAnswer)).toBeUndefined()
})
