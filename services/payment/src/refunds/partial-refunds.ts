// May a part of a payment be refunded, and what is published about it? Decided under the payment's
// row lock, so that all parts together are never more than was charged.
import { eventOf, following } from '@orderpipeline/order-events'
import type { EventContext, EventOf } from '@orderpipeline/order-events'
import { remainingCents } from '../payments.ts'
import type { Payment } from '../payments.ts'
import type { Refund } from '../provider/provider.ts'

export type Refusal = 'NOT_CHARGED' | 'REFUNDED' | 'DISPUTED' | 'CURRENCY' | 'EXCEEDS_CHARGE'

export interface PartialRefund {
  readonly refundId: string
  readonly orderId: string
  readonly customerId: string
  /** Only a refused one may have none. */
  readonly chargeId?: string | undefined
  readonly amountCents: number
  readonly currency: string
  readonly status: 'DUE' | 'REFUNDED' | 'REFUSED'
  readonly refusal?: string | undefined
  readonly providerRefundId?: string | undefined
  readonly correlationId?: string | undefined
  readonly traceparent?: string | undefined
}

/** As it is stored. */
export type PartialRefundRow = {
  readonly [Name in keyof PartialRefund]-?: Exclude<PartialRefund[Name], undefined> | null
} & Pick<PartialRefund, 'refundId'>

/** A column without a value is a field that is not there. */
export function partialRefundFrom(row: PartialRefundRow): PartialRefund {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as unknown as PartialRefund
}

type Requested = EventOf<'PartialRefundRequested'>

/**
 * Whether the part would be refused although the provider may have made it: a database that was
 * restored knows of the dispute, or of the refund of the rest, and no longer of the part.
 */
export function mayBeMade(payment: Payment): boolean {
  return payment.disputed === true || payment.status === 'REFUNDED'
}

/**
 * `payment`: as it is after the messages before; with the parts that were accepted of them.
 * `existing`: the provider's refund of this part, if it has made it before.
 */
function partialRefundOf(
  payment: Payment | undefined,
  { data, ...request }: Requested,
  existing: Refund | undefined,
): PartialRefund {
  const { refundId, orderId, customerId, amountCents, currency } = data
  const { correlationId, traceparent } = request
  const about = { refundId, orderId, customerId, chargeId: payment?.chargeId, amountCents, currency }
  if (existing) return { ...about, status: 'REFUNDED', providerRefundId: existing.refundId, correlationId, traceparent }
  const refusal = refusalOf(payment, data)
  return { ...about, status: refusal ? 'REFUSED' : 'DUE', refusal, correlationId, traceparent }
}

function refusalOf(payment: Payment | undefined, { amountCents, currency }: Requested['data']): Refusal | undefined {
  if (payment?.status === 'REFUNDED') return 'REFUNDED'
  if (payment?.status !== 'CAPTURED' || payment.chargeId === undefined) return 'NOT_CHARGED'
  if (payment.disputed) return 'DISPUTED'
  if (payment.currency !== currency) return 'CURRENCY'
  return amountCents > remainingCents(payment) ? 'EXCEEDS_CHARGE' : undefined
}

/** The event about how it stands; none while it is due. The same again has the same id. */
export function outcomeEvent(
  refund: PartialRefund,
  context: EventContext,
): EventOf<'PaymentPartlyRefunded'> | EventOf<'PartialRefundRefused'> | undefined {
  const { refundId, orderId, customerId, chargeId = '', amountCents, currency, status } = refund
  const about = { refundId, orderId, customerId, amountCents, currency }
  switch (status) {
    case 'DUE':
      return undefined
    case 'REFUNDED': {
      const providerRefundId = refund.providerRefundId ?? ''
      return eventOf('PaymentPartlyRefunded', { ...about, chargeId, providerRefundId }, context, refundId)
    }
    case 'REFUSED':
      return eventOf('PartialRefundRefused', { ...about, refusal: refund.refusal ?? 'REFUSED' }, context, refundId)
  }
}

export interface PartialRefundDecision {
  /** Only one that is new. */
  readonly added?: PartialRefund
  /** With the part that was accepted. */
  readonly payment?: Payment
  readonly event?: ReturnType<typeof outcomeEvent>
}

/**
 * `previous`: the same refund, where it was decided before: its outcome is published again.
 * `existing`: the provider's, where it has made one that is not in the books.
 */
export function decidePartialRefund(
  payment: Payment | undefined,
  previous: PartialRefund | undefined,
  request: Requested,
  now: Date,
  existing?: Refund,
): PartialRefundDecision {
  const refund = previous ?? partialRefundOf(payment, request, existing)
  const event = outcomeEvent(refund, following(request, '/payment', now))
  const reaction = event ? { event } : {}
  if (previous) return reaction
  if (!payment || refund.status === 'REFUSED') return { ...reaction, added: refund }
  const partlyRefundedCents = (payment.partlyRefundedCents ?? 0) + refund.amountCents
  return { ...reaction, added: refund, payment: { ...payment, partlyRefundedCents } }
}
