import { describe, expect, test } from 'vitest'
import type { Payment, PaymentStatus } from '../payments.ts'
import { differenceOf } from './compare.ts'

const about = { orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', customerId: 'customer-7' }
const charge = { ...about, chargeId: 'ch-1', amountCents: 700, currency: 'EUR', refundedCents: 0 }
function payment(status: PaymentStatus, chargeId?: string, amountCents = 700): Payment {
  return {
    ...about,
    status,
    ...(status === 'CANCELLED' ? {} : { amountCents, currency: 'EUR' }),
    ...(chargeId === undefined ? {} : { chargeId }),
  }
}
function kindOf(existing: Payment | undefined, refundedCents = 0) {
  return differenceOf({ ...charge, refundedCents }, existing)?.kind
}

test('equal records are no difference', () => {
  expect(kindOf(payment('CAPTURED', 'ch-1'))).toBeUndefined()
  expect(kindOf(payment('REFUNDED', 'ch-1'), 700)).toBeUndefined()
})

test('unknown or wrong money is unbooked until it is refunded', () => {
  for (const existing of [undefined, payment('CANCELLED')]) {
    expect(kindOf(existing)).toBe('UNBOOKED')
    expect(kindOf(existing, 700)).toBeUndefined()
  }
})

test('another charge of a settled order is a second one until it is refunded', () => {
  for (const existing of [payment('CAPTURED', 'ch-0'), payment('REFUNDED', 'ch-0'), payment('DECLINED')]) {
    expect(kindOf(existing)).toBe('SECOND_CHARGE')
    expect(kindOf(existing, 700)).toBeUndefined()
  }
})

test('reports a refund that the provider has not made in full', () => {
  expect(kindOf(payment('REFUNDED', 'ch-1'))).toBe('NOT_REFUNDED')
  expect(kindOf(payment('REFUNDED', 'ch-1'), 300)).toBe('NOT_REFUNDED')
})

test('leaves foreign refunds and other amounts to a person, with the amounts', () => {
  expect(kindOf(payment('CAPTURED', 'ch-1'), 300)).toBe('REFUNDED_ELSEWHERE')
  expect(differenceOf(charge, payment('CAPTURED', 'ch-1', 600))).toEqual({
    kind: 'AMOUNT',
    orderId: about.orderId,
    chargeId: 'ch-1',
    detail: '700 of 700 EUR kept by the provider; booked: 600 EUR',
  })
})

describe('refunds of parts', () => {
  function kindOfParts(refundedCents: number, booked: { readonly due: number; readonly made: number }) {
    const partly = { ...payment('CAPTURED', 'ch-1'), partlyRefundedCents: booked.due + booked.made }
    return differenceOf({ ...charge, refundedCents }, partly, booked.made)?.kind
  }

  test('are no difference while the provider has made those of the books, and perhaps those that are due', () => {
    expect(kindOfParts(300, { due: 0, made: 300 })).toBeUndefined()
    expect(kindOfParts(300, { due: 200, made: 300 })).toBeUndefined()
    expect(kindOfParts(500, { due: 200, made: 300 })).toBeUndefined()
  })

  test('are left to a person where the provider has made more, or less', () => {
    expect(kindOfParts(501, { due: 200, made: 300 })).toBe('REFUNDED_ELSEWHERE')
    expect(kindOfParts(299, { due: 200, made: 300 })).toBe('AMOUNT')
  })

  test('add up with the refund of the rest to the whole charge', () => {
    const refunded = { ...payment('REFUNDED', 'ch-1'), partlyRefundedCents: 300 }
    expect(differenceOf({ ...charge, refundedCents: 700 }, refunded, 300)).toBeUndefined()
    expect(differenceOf({ ...charge, refundedCents: 400 }, refunded, 300)?.kind).toBe('NOT_REFUNDED')
  })
})
