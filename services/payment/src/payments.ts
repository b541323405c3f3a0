// What is asked of the provider when an event about an order arrives, and what happens to its
// payment by the answer?
//
// A reservation and a cancellation of one order come by different topics, to different replicas, in
// any order. Three things keep the money right. The order id is the charge's idempotency key. A
// cancelled order's key is voided at the provider before it is noted here, so that a charge that is
// under way, or was in a process that died, either has been captured and is given back, or never
// will be. And the orders service answers a capture that arrives after the cancellation by
// requesting the refund.
import { eventOf, following } from '@orderpipeline/order-events'
import type { EventContext, EventOf, OrderEvent } from '@orderpipeline/order-events'
import type { ChargeOutcome, Refund } from './provider/provider.ts'

export type PaymentStatus = 'CAPTURED' | 'DECLINED' | 'CANCELLED' | 'REFUNDED'

export interface Payment {
  readonly orderId: string
  readonly customerId: string
  readonly status: PaymentStatus
  /** Not of a payment that was cancelled before it was charged. */
  readonly amountCents?: number
  readonly currency?: string
  readonly chargeId?: string
  readonly refundId?: string
  readonly declineReason?: string
  /** Cents that refunds of parts have given back, or are to. */
  readonly partlyRefundedCents?: number
  /** The bank has taken the charge back, or has yet to decide whether it does. */
  readonly disputed?: boolean
}

/** What refunds of parts leave of it. */
export function remainingCents({ amountCents = 0, partlyRefundedCents = 0 }: Payment): number {
  return amountCents - partlyRefundedCents
}

/** What takes a payment back, or keeps it from being made. */
export type Ending = EventOf<'OrderCancelled'> | EventOf<'RefundRequested'>
export type Cause = EventOf<'StockReserved'> | Ending

/** Whether the provider is called for it before its transaction. */
export function isCause(event: OrderEvent): event is Cause {
  return event.type === 'StockReserved' || event.type === 'OrderCancelled' || event.type === 'RefundRequested'
}

/** `void` is followed by `refund` where it turns out that the charge has been captured. */
export type Call = { readonly kind: 'void' | 'nothing' } | { readonly kind: 'refund'; readonly chargeId: string }

/** How the charge of an order that has ended is reversed, by its stored payment. */
export function callFor(payment: Payment | undefined): Call {
  if (!payment) return { kind: 'void' }
  return payment.status === 'CAPTURED' && payment.chargeId !== undefined
    ? { kind: 'refund', chargeId: payment.chargeId }
    : { kind: 'nothing' }
}

export type ProviderAnswer =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'charged'; readonly reserved: EventOf<'StockReserved'>; readonly outcome: ChargeOutcome }
  | { readonly kind: 'voided' }
  /** The provider refused the refund, or did not answer whether there is a charge. */
  | { readonly kind: 'owed'; readonly chargeId: string | undefined; readonly error: string }
  | { readonly kind: 'refunded'; readonly refund: Refund }
  /** The provider's refund of the part, from before the request. */
  | { readonly kind: 'part'; readonly refund: Refund }

export interface Settlement {
  readonly payment: Payment
  readonly event: OrderEvent | undefined
}

const source = '/payment'

/**
 * `payment`: as it is now, under its row lock; it may have changed since the call. `undefined`:
 * nothing changes.
 */
export function settle(
  payment: Payment | undefined,
  cause: Cause,
  answer: ProviderAnswer,
  now: Date,
): Settlement | undefined {
  const { orderId, customerId } = cause.data
  const context = following(cause, source, now)
  switch (answer.kind) {
    case 'nothing':
      return repetition(payment, cause, context)
    case 'owed':
    case 'part':
      return undefined
    case 'voided':
      return payment ? undefined : stopped({ orderId, customerId })
    case 'charged':
      return chargeSettlement(payment, answer, now)
    case 'refunded':
      return payment?.status === 'REFUNDED'
        ? undefined
        : refunded({ orderId, customerId }, answer.refund, context, payment)
  }
}

/**
 * A cancellation that arrives again, as the orders service has not received the refund: the refund
 * is published again, under the same id.
 */
function repetition(payment: Payment | undefined, cause: Cause, context: EventContext): Settlement | undefined {
  if (cause.type !== 'OrderCancelled' || payment?.status !== 'REFUNDED') return undefined
  const { orderId, customerId, amountCents, currency, chargeId, refundId } = payment
  if (amountCents === undefined || currency === undefined || !chargeId || !refundId) return undefined
  const data = { orderId, customerId, totalCents: remainingCents(payment), currency, chargeId, refundId }
  return { payment, event: eventOf('PaymentRefunded', data, context) }
}

type About = Pick<Payment, 'orderId' | 'customerId'>

export function stopped(about: About): Settlement {
  return { payment: { ...about, status: 'CANCELLED' }, event: undefined }
}

/**
 * `booked`: the payment as it is stored. It keeps its amount: the refund may be of what refunds of
 * parts have left of it.
 */
export function refunded(about: About, refund: Refund, context: EventContext, booked?: Payment): Settlement {
  const { chargeId, refundId, amountCents, currency } = refund
  const charged = booked?.amountCents ?? amountCents
  return {
    payment: { ...about, status: 'REFUNDED', amountCents: charged, currency, chargeId, refundId },
    event: eventOf('PaymentRefunded', { ...about, totalCents: amountCents, currency, chargeId, refundId }, context),
  }
}

function chargeSettlement(
  payment: Payment | undefined,
  { reserved, outcome }: Extract<ProviderAnswer, { kind: 'charged' }>,
  now: Date,
): Settlement | undefined {
  const { orderId, customerId, totalCents: amountCents, currency } = reserved.data
  const context = following(reserved, source, now)
  const about = { orderId, customerId, amountCents, currency }
  if (outcome.status === 'captured') {
    // A capture in spite of a voided key would be the provider's fault; it is stored all the same,
    // so that it is refunded.
    if (payment && payment.status !== 'CANCELLED') return undefined
    const { chargeId } = outcome
    return {
      payment: { ...about, status: 'CAPTURED', chargeId },
      event: eventOf('PaymentCaptured', { ...reserved.data, chargeId }, context),
    }
  }
  // The charge is undecided: `pending.ts` settles it once the provider has decided.
  if (payment || outcome.status === 'pending') return undefined
  return {
    payment: { ...about, status: 'DECLINED', declineReason: outcome.reason },
    event: eventOf('PaymentDeclined', { ...reserved.data, declineReason: outcome.reason }, context),
  }
}
