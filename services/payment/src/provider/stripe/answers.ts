// What is read of what Stripe answers, and what does an intent's status mean for a charge?
import { z } from 'zod'
import type { ChargeOutcome } from '../provider.ts'

export const PaymentIntent = z.object({
  id: z.string().min(1),
  status: z.enum([
    'requires_payment_method',
    'requires_confirmation',
    'requires_action',
    'processing',
    'requires_capture',
    'canceled',
    'succeeded',
  ]),
  amount: z.int().min(0),
  currency: z.string().transform((currency) => currency.toUpperCase()),
  created: z.int(),
  metadata: z.record(z.string(), z.string()).default({}),
  last_payment_error: z.object({ code: z.string().optional(), decline_code: z.string().optional() }).nullish(),
  /** The whole charge if the request expands it. */
  latest_charge: z
    .union([z.string(), z.object({ amount_refunded: z.int().min(0), disputed: z.boolean().default(false) })])
    .nullish(),
})
export type PaymentIntent = z.infer<typeof PaymentIntent>

function listOf<T extends z.ZodType>(data: T) {
  return z.object({ data: z.array(data), has_more: z.boolean().default(false) })
}
export const PaymentIntents = listOf(PaymentIntent)

export const Refund = z.object({
  id: z.string().min(1),
  status: z.string().nullish(),
  amount: z.int().min(0),
  currency: z.string().transform((currency) => currency.toUpperCase()),
  metadata: z.record(z.string(), z.string()).nullish(),
})
export type Refund = z.infer<typeof Refund>
export const Refunds = listOf(Refund)

export const Dispute = z.object({
  id: z.string().min(1),
  /** It may differ from the charge's, where a part is disputed. */
  amount: z.int().min(0),
  currency: z.string().transform((currency) => currency.toUpperCase()),
  reason: z.string().default('general'),
  status: z.string(),
  /** The whole intent if the request expands it. */
  payment_intent: z
    .union([z.string(), z.object({ id: z.string().min(1), metadata: z.record(z.string(), z.string()).default({}) })])
    .nullish(),
})
export type Dispute = z.infer<typeof Dispute>
export const Disputes = listOf(z.object({ id: z.string().min(1) }))

export const Customer = z.object({
  id: z.string().min(1),
  deleted: z.boolean().optional(),
  invoice_settings: z.object({ default_payment_method: z.string().nullish() }).optional(),
  default_source: z.string().nullish(),
})
export const Customers = listOf(Customer)

export function declined(reason: string): ChargeOutcome {
  return { status: 'declined', reason }
}

/** `undefined`: nothing has been charged and nothing is on its way, but it may yet be confirmed. */
export function outcomeOf(intent: PaymentIntent): ChargeOutcome | undefined {
  switch (intent.status) {
    case 'succeeded':
      return { status: 'captured', chargeId: intent.id }
    case 'processing':
    case 'requires_action':
    case 'requires_capture':
      return { status: 'pending', chargeId: intent.id }
    case 'canceled':
      return declined('canceled')
    case 'requires_payment_method': {
      const failure = intent.last_payment_error
      return failure ? declined(failure.decline_code ?? failure.code ?? 'declined') : undefined
    }
    case 'requires_confirmation':
      return undefined
  }
}

/** Refunds that failed: the money is still here. */
export function failedRefund({ status }: Pick<Refund, 'status'>): boolean {
  return status === 'failed' || status === 'canceled'
}
