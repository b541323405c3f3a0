// Where do our payments and the provider's own list disagree, and what is done about it?
import type { Payment } from '../payments.ts'

/** Money that the provider has taken. */
export interface ListedCharge {
  readonly orderId: string
  readonly customerId: string
  readonly chargeId: string
  readonly amountCents: number
  readonly currency: string
  readonly refundedCents: number
  /** The customer's bank has taken it back, or has tried to. */
  readonly disputed?: boolean | undefined
}

/**
 * UNBOOKED: taken, and no payment says so; it is booked, and the orders service then confirms the
 * order or asks for the money back. SECOND_CHARGE: taken once more, or after it was declined; it is
 * given back. NOT_REFUNDED: we have said that it went back, and it has not; it is given back again.
 * UNKNOWN_DISPUTE: disputed, and no dispute of it is recorded; the provider is asked about it.
 * The following need a person to correct them: AMOUNT: another amount was taken.
 * REFUNDED_ELSEWHERE: given back, but not by us. UNKNOWN_CHARGE: we say that it was taken, and the
 * provider knows nothing of it.
 */
export type DifferenceKind =
  'UNBOOKED' | 'SECOND_CHARGE' | 'NOT_REFUNDED' | 'UNKNOWN_DISPUTE' | 'AMOUNT' | 'REFUNDED_ELSEWHERE' | 'UNKNOWN_CHARGE'

export const forPeople = ['AMOUNT', 'REFUNDED_ELSEWHERE', 'UNKNOWN_CHARGE'] as const satisfies readonly DifferenceKind[]

export interface Difference {
  readonly kind: DifferenceKind
  readonly orderId: string
  readonly chargeId: string
  /** For the person who looks into it; without anything secret. */
  readonly detail: string
}

/**
 * `payment`: as it is stored here. `madeCents`: what refunds of parts have given back by our books;
 * one that is due may have been made and not stored yet.
 */
export function differenceOf(
  charge: ListedCharge,
  payment: Payment | undefined,
  madeCents = 0,
): Difference | undefined {
  const { orderId, chargeId, amountCents, currency, refundedCents } = charge
  const balance = `${amountCents - refundedCents} of ${amountCents} ${currency} kept by the provider`
  const of = (kind: DifferenceKind, detail = balance): Difference => ({ kind, orderId, chargeId, detail })
  const isReturned = refundedCents >= amountCents
  if (!payment || payment.status === 'CANCELLED') return isReturned ? undefined : of('UNBOOKED')
  if (payment.chargeId !== chargeId) return isReturned ? undefined : of('SECOND_CHARGE')
  if (payment.amountCents !== amountCents || payment.currency !== currency)
    return of('AMOUNT', `${balance}; booked: ${payment.amountCents ?? 0} ${payment.currency ?? ''}`)
  if (payment.status === 'REFUNDED') return isReturned ? undefined : of('NOT_REFUNDED')
  const { partlyRefundedCents = 0 } = payment
  const booked = `${balance}; booked: ${madeCents} refunded in parts, and ${partlyRefundedCents - madeCents} due`
  if (refundedCents < madeCents) return of('AMOUNT', booked)
  return refundedCents > partlyRefundedCents ? of('REFUNDED_ELSEWHERE', booked) : undefined
}
