// How does Stripe give back a charge, or a part of one? Without an amount it refunds what is left
// of the charge. A refund of a part has our id in its metadata: one that was made before is found
// by it, also after Stripe has forgotten its idempotency key.
import { ProviderError } from '../provider-error.ts'
import type { Refund, RefundPart } from '../provider.ts'
import { minorUnitsFromStripe, stripeAmountOf } from './amounts.ts'
import * as answers from './answers.ts'
import { failedRefund } from './answers.ts'
import { StripeRefusalError } from './api.ts'
import type { Asking, StripeApi } from './api.ts'
import { orderKey, refundIdKey } from './metadata.ts'

export interface Returning {
  readonly orderId: string
  readonly chargeId: string
  readonly key: string
  readonly part?: RefundPart | undefined
}

/** @throws ProviderError */
export async function refundOf(api: StripeApi, returning: Returning, asking: Asking): Promise<Refund> {
  const { orderId, chargeId, key, part } = returning
  const about = aboutCharge(chargeId)
  const params = { ...about, [`metadata[${orderKey}]`]: orderId, ...partParams(part) }
  const existingPart = part ? (await refundsAbout(api, about, asking)).find(isOfPart(part)) : undefined
  if (existingPart) return refundFrom(existingPart, chargeId)
  const once = (idempotencyKey: string) => {
    const freshKey = part && { freshKey: (n: number) => `${idempotencyKey}-again-${n}` }
    return api.post('refunds', answers.Refund, params, idempotencyKey, { ...asking, ...freshKey })
  }
  try {
    let { answer, replayed } = await once(key)
    if (replayed) answer = await api.get(`refunds/${encodeURIComponent(answer.id)}`, answers.Refund, {}, asking)
    // The refund of this key has failed since, and the money is still here: this is a new try.
    if (replayed && failedRefund(answer)) ({ answer, replayed } = await once(`${key}-after-${answer.id}`))
    return refundFrom(answer, chargeId)
  } catch (error) {
    if (!(error instanceof StripeRefusalError) || error.code !== 'charge_already_refunded') throw error
    const existing = existingRefund(await refundsAbout(api, about, asking), part)
    if (!existing) throw error
    return refundFrom(existing, chargeId)
  }
}

/**
 * Our own one of the part, or of the whole charge: a refund that a person made in Stripe's
 * dashboard is neither. @throws ProviderError
 */
export async function madeRefund(
  api: StripeApi,
  { orderId, chargeId, part }: Omit<Returning, 'key'>,
  asking: Asking,
): Promise<Refund | undefined> {
  const refunds = await refundsAbout(api, aboutCharge(chargeId), asking)
  const refund = refunds.find(part ? isOfPart(part) : isOfWhole(orderId))
  return refund && refundFrom(refund, chargeId)
}

function aboutCharge(chargeId: string): Readonly<Record<string, string>> {
  return { [chargeId.startsWith('ch_') ? 'charge' : 'payment_intent']: chargeId }
}

/** @throws ProviderError `Refused`: Stripe cannot refund exactly so much */
function partParams(part: RefundPart | undefined): Readonly<Record<string, string | number>> {
  if (!part) return {}
  const price = stripeAmountOf(part.amountCents, part.currency)
  if ('refusal' in price) throw new ProviderError('Refused', price.refusal)
  return { amount: price.amount, [`metadata[${refundIdKey}]`]: part.refundId }
}

/** A hundred refunds have some kilobytes each. */
const maxBytes = 1_024 * 1_024

/** Those that have not failed: the money of these has gone back, or is on its way. */
async function refundsAbout(api: StripeApi, about: Readonly<Record<string, string>>, asking: Asking) {
  const { data } = await api.get('refunds', answers.Refunds, { ...about, limit: 100 }, { ...asking, maxBytes })
  return data.filter((refund) => !failedRefund(refund))
}

function isOfPart({ refundId }: RefundPart) {
  return ({ metadata }: answers.Refund) => metadata?.[refundIdKey] === refundId
}

function isOfNoPart({ metadata }: answers.Refund): boolean {
  return metadata?.[refundIdKey] === undefined
}

function isOfWhole(orderId: string) {
  return (refund: answers.Refund) => isOfNoPart(refund) && refund.metadata?.[orderKey] === orderId
}

/**
 * Nothing is left of the charge: the refund that was asked for has been made. Where parts have
 * given back all of it there is none of the whole, and the last of them stands for it, with nothing
 * more.
 */
function existingRefund(refunds: readonly answers.Refund[], part: RefundPart | undefined): answers.Refund | undefined {
  if (part) return refunds.find(isOfPart(part))
  const whole = refunds.find(isOfNoPart)
  return whole ?? (refunds[0] && { ...refunds[0], amount: 0 })
}

function refundFrom(refund: answers.Refund, chargeId: string): Refund {
  if (failedRefund(refund)) throw new ProviderError('Failing', `refund ${refund.id} is ${refund.status ?? ''}`)
  const amountCents = minorUnitsFromStripe(refund.amount, refund.currency)
  if (amountCents === undefined) throw new ProviderError('Misconfigured', `refund ${refund.id} has an invalid amount`)
  return { refundId: refund.id, chargeId, amountCents, currency: refund.currency }
}
