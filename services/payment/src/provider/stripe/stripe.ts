// How does Stripe charge an order, stop a charge and give one back? By a PaymentIntent for each
// order: it is made, noted in our database, and only then confirmed. So money moves only by an
// intent that is noted, an intent is confirmed once whatever happens to idempotency keys, and one
// that was stopped is cancelled instead: Stripe decides which of the two came first.
import type { Intents } from '../intents.ts'
import { ProviderError } from '../provider-error.ts'
import { refundKey } from '../provider.ts'
import type { Charge, ChargeOutcome, Provider, Stopped } from '../provider.ts'
import { stripeAmountOf } from './amounts.ts'
import { createStripeApi, StripeRefusalError } from './api.ts'
import type { Asking, StripeAddress, StripeApi } from './api.ts'
import { declined, outcomeOf, PaymentIntent, PaymentIntents } from './answers.ts'
import { createPayers, quoted } from './customers.ts'
import type { PayerOf } from './customers.ts'
import { orderKey, shopCustomerKey } from './metadata.ts'
import { madeRefund, refundOf } from './refunds.ts'

export interface StripeOptions extends StripeAddress {
  readonly intents: Intents
  /** Milliseconds. */
  readonly now: () => number
}

export function createStripe({ intents, now, ...address }: StripeOptions): Provider {
  const api = createStripeApi(address)
  const parts = { api, intents, payerOf: createPayers(api, now) }
  return {
    charge: (charge, signal, traceparent) => chargeOf(parts, charge, { signal, traceparent }),
    stop: ({ orderId }, signal, traceparent) => stopOf(parts, orderId, { signal, traceparent }),
    find: async (orderId, signal, traceparent) => {
      const asking = { signal, traceparent }
      const notedId = (await intents.of(orderId))?.intentId
      if (notedId !== undefined) return outcomeOf(await retrieve(api, notedId, asking))
      return search(parts, orderId, asking)
    },
    refund: (orderId, chargeId, signal, { traceparent, part, key = refundKey(orderId, part) } = {}) =>
      refundOf(api, { orderId, chargeId, key, part }, { signal, traceparent }),
    findRefund: (orderId, chargeId, signal, { traceparent, part } = {}) =>
      madeRefund(api, { orderId, chargeId, part }, { signal, traceparent }),
  }
}

interface Parts {
  readonly api: StripeApi
  readonly intents: Intents
  readonly payerOf: PayerOf
}

function retrieve(api: StripeApi, intentId: string, asking: Asking) {
  return api.get(`payment_intents/${encodeURIComponent(intentId)}`, PaymentIntent, {}, asking)
}

/**
 * For what is not noted any more. Stripe's search is some seconds to a minute behind, so it is for
 * old orders only. An intent that is not decided yet is noted again, so that it can be stopped.
 */
async function search({ api, intents }: Parts, orderId: string, asking: Asking): Promise<ChargeOutcome | undefined> {
  const query = `metadata['${orderKey}']:'${quoted(orderId)}'`
  const { data } = await api.get('payment_intents/search', PaymentIntents, { query, limit: 10 }, asking)
  const latest = data.find(({ status }) => status === 'succeeded') ?? data[0]
  const outcome = latest && outcomeOf(latest)
  if (outcome?.status === 'pending') await intents.note(orderId, outcome.chargeId)
  return outcome
}

async function chargeOf(parts: Parts, charge: Charge, asking: Asking): Promise<ChargeOutcome> {
  const { api, intents } = parts
  const record = await intents.of(charge.orderId)
  if (record?.intentId === undefined) return record?.stopped ? declined('voided') : create(parts, charge, asking)
  const intent = await retrieve(api, record.intentId, asking)
  const outcome = outcomeOf(intent)
  if (outcome) return outcome
  return record.stopped
    ? cancelIntent(api, charge.orderId, intent.id, asking)
    : confirm(api, charge.orderId, intent, asking)
}

async function create(parts: Parts, charge: Charge, asking: Asking): Promise<ChargeOutcome> {
  const { api, intents, payerOf } = parts
  const { orderId, customerId, amountCents, currency } = charge
  const price = stripeAmountOf(amountCents, currency)
  if ('refusal' in price) return declined(`amount_not_chargeable: ${price.refusal}`)
  const payer = await payerOf(customerId, asking)
  if (!payer) return declined('no_payment_method')
  const params = {
    amount: price.amount,
    currency: currency.toLowerCase(),
    customer: payer.customer,
    payment_method: payer.paymentMethod,
    'automatic_payment_methods[enabled]': 'true',
    'automatic_payment_methods[allow_redirects]': 'never',
    [`metadata[${orderKey}]`]: orderId,
    [`metadata[${shopCustomerKey}]`]: customerId,
  }
  try {
    const { answer: intent } = await api.post('payment_intents', PaymentIntent, params, `charge-${orderId}`, asking)
    const state = await intents.note(orderId, intent.id)
    if (state.stopped) return await cancelIntent(api, orderId, intent.id, asking)
    if (state.intentId === intent.id) return await confirm(api, orderId, intent, asking)
  } catch (error) {
    if (error instanceof StripeRefusalError && aboutTheAmount.includes(error.code ?? ''))
      return declined(error.code ?? '')
    throw error
  }
  // Another replica has noted one meanwhile; ours stays unconfirmed.
  return chargeOf(parts, charge, asking)
}

const aboutTheAmount: readonly string[] = ['amount_too_small', 'amount_too_large']

async function confirm(api: StripeApi, orderId: string, { id }: PaymentIntent, asking: Asking): Promise<ChargeOutcome> {
  try {
    const path = `payment_intents/${encodeURIComponent(id)}/confirm`
    // The customer is not there to be asked: what needs them is declined as
    // authentication_required.
    const { answer, replayed } = await api.post(
      path,
      PaymentIntent,
      { off_session: 'true' },
      `confirm-${orderId}`,
      asking,
    )
    return certain(replayed ? await retrieve(api, id, asking) : answer)
  } catch (error) {
    if (!(error instanceof StripeRefusalError)) throw error
    if (error.type === 'card_error') return declined(error.declineCode ?? error.code ?? 'card_error')
    if (error.code !== 'payment_intent_unexpected_state') throw error
    // Confirmed, or cancelled, by another call that came first.
    return certain(await retrieve(api, id, asking))
  }
}

function certain(intent: PaymentIntent): ChargeOutcome {
  const outcome = outcomeOf(intent)
  if (!outcome) throw new ProviderError('InFlight', `the intent is ${intent.status} after it was confirmed`)
  return outcome
}

/** What happened to an intent that is not to be confirmed. */
async function cancelIntent(api: StripeApi, orderId: string, id: string, asking: Asking): Promise<ChargeOutcome> {
  const stopped = await cancel(api, orderId, id, asking)
  return stopped.status === 'captured' ? stopped : declined('voided')
}

async function stopOf({ api, intents }: Parts, orderId: string, asking: Asking): Promise<Stopped> {
  const { intentId } = await intents.stop(orderId)
  return intentId === undefined ? { status: 'voided' } : cancel(api, orderId, intentId, asking)
}

async function cancel(api: StripeApi, orderId: string, id: string, asking: Asking): Promise<Stopped> {
  const path = `payment_intents/${encodeURIComponent(id)}/cancel`
  try {
    const { answer } = await api.post(path, PaymentIntent, {}, `cancel-${orderId}`, asking)
    if (answer.status === 'canceled') return { status: 'voided' }
  } catch (error) {
    if (!(error instanceof StripeRefusalError) || error.code !== 'payment_intent_unexpected_state') throw error
  }
  const { status } = await retrieve(api, id, asking)
  if (status === 'succeeded') return { status: 'captured', chargeId: id }
  if (status === 'canceled') return { status: 'voided' }
  throw new ProviderError('InFlight', `the intent is ${status} and cannot be cancelled now`)
}
