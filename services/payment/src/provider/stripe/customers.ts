// What does a customer pay with? With the default payment method that is saved for them at Stripe.
// A customer is found by Stripe's own id where the shop uses it, or by the customer's metadata.
import type { Asking, StripeApi } from './api.ts'
import { StripeRefusalError } from './api.ts'
import { Customer, Customers } from './answers.ts'
import type { z } from 'zod'

/** The key of the shop's customer id in a customer's metadata. */
export const customerKey = 'orderpipeline_customer'

export interface Payer {
  readonly customer: string
  readonly paymentMethod: string
}

/** `undefined`: no customer with this id, or nothing to pay with. @throws ProviderError */
export type PayerOf = (customerId: string, asking: Asking) => Promise<Payer | undefined>

const rememberedMs = 10 * 60_000
const maxRemembered = 10_000

/**
 * `now`: milliseconds. A customer's means of payment is cached for ten minutes, since searching is
 * limited to a few calls a second.
 */
export function createPayers(api: StripeApi, now: () => number): PayerOf {
  const payers = new Map<string, { readonly payer: Payer; readonly untilMs: number }>()
  return async (customerId, asking) => {
    const entry = payers.get(customerId)
    if (entry && now() < entry.untilMs) return entry.payer
    payers.delete(customerId)
    const payer = payerFrom(await customerOf(api, customerId, asking))
    if (!payer) return undefined
    payers.set(customerId, { payer, untilMs: now() + rememberedMs })
    const [oldest] = payers.keys()
    if (payers.size > maxRemembered && oldest !== undefined) payers.delete(oldest)
    return payer
  }
}

async function customerOf(api: StripeApi, customerId: string, asking: Asking) {
  if (!/^cus_\w+$/.test(customerId)) {
    const query = `metadata['${customerKey}']:'${quoted(customerId)}'`
    const { data } = await api.get('customers/search', Customers, { query, limit: 1 }, asking)
    return data[0]
  }
  try {
    return await api.get(`customers/${customerId}`, Customer, {}, asking)
  } catch (error) {
    if (error instanceof StripeRefusalError && error.code === 'resource_missing') return undefined
    throw error
  }
}

function payerFrom(customer: z.infer<typeof Customer> | undefined): Payer | undefined {
  const paymentMethod = customer?.invoice_settings?.default_payment_method ?? customer?.default_source
  if (!customer || customer.deleted || !paymentMethod) return undefined
  return { customer: customer.id, paymentMethod }
}

/** For a value between single quotes in a search. */
export function quoted(value: string): string {
  return value.replace(/[\\']/g, '\\$&')
}
