// Which charges has the provider accepted and not decided yet?
import type { ProviderAnswer, Payment } from './payments.ts'

export interface PendingCharge {
  readonly orderId: string
  readonly customerId: string
  readonly amountCents: number
  readonly currency: string
}

/** `payment`: as it was before the answer. */
export function pendingOf(payment: Payment | undefined, answer: ProviderAnswer): PendingCharge | undefined {
  if (payment || answer.kind !== 'charged' || answer.outcome.status !== 'pending') return undefined
  const { orderId, customerId, totalCents: amountCents, currency } = answer.reserved.data
  return { orderId, customerId, amountCents, currency }
}
