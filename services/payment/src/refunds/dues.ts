// Which money has to go back that the answer itself has not given back? A second charge, and a
// charge whose refund the provider did not accept.
import { remainingCents } from '../payments.ts'
import type { ProviderAnswer, Cause, Payment } from '../payments.ts'

export interface DueRefund {
  readonly orderId: string
  /** Empty where it is not known whether anything was charged. */
  readonly chargeId: string
  readonly customerId: string
  readonly reason: 'GIVEN_UP' | 'SECOND_CHARGE'
  readonly amountCents?: number | undefined
  readonly currency?: string | undefined
  readonly error?: string | undefined
}

/** `payment`: as it was before the answer. */
export function dueRefundOf(payment: Payment | undefined, cause: Cause, answer: ProviderAnswer): DueRefund | undefined {
  const { orderId, customerId } = cause.data
  if (answer.kind === 'owed') {
    if (payment && payment.status !== 'CAPTURED') return undefined
    const { currency } = payment ?? {}
    const amountCents = payment && remainingCents(payment)
    const chargeId = answer.chargeId ?? payment?.chargeId ?? ''
    return { orderId, chargeId, customerId, reason: 'GIVEN_UP', amountCents, currency, error: answer.error }
  }
  if (answer.kind !== 'charged' || answer.outcome.status !== 'captured') return undefined
  const { chargeId } = answer.outcome
  // A capture of a cancelled order is stored, and refunded as any other.
  if (!payment || payment.status === 'CANCELLED' || payment.chargeId === chargeId) return undefined
  const { totalCents: amountCents, currency } = answer.reserved.data
  return { orderId, chargeId, customerId, reason: 'SECOND_CHARGE', amountCents, currency }
}
