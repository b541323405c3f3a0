// How does Stripe count money? In minor units, mostly those of ISO 4217, with the exceptions that
// its page on currencies lists: some have no decimals, two are written with decimals that they do
// not have, and with three decimals the last digit has to be 0.
import { minorUnitsOf } from '@orderpipeline/order-events'

/**
 * As listed at https://docs.stripe.com/currencies#zero-decimal, without UGX, which is a special
 * case.
 */
const withoutDecimals = new Set('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '))
/** Charged as if they had two decimals, which have to be 00. */
const asIfTwoDecimals = new Set(['ISK', 'UGX'])
const threeDecimals = new Set('BHD JOD KWD OMR TND'.split(' '))

function decimalsAtStripe(currency: string): number {
  if (withoutDecimals.has(currency)) return 0
  return threeDecimals.has(currency) ? 3 : 2
}

export type StripeAmount = { readonly amount: number } | { readonly refusal: string }

/** `minor`: a whole number of ISO 4217 minor units, as everywhere in the platform. */
export function stripeAmountOf(minor: number, currency: string): StripeAmount {
  const amount = scale(minor, decimalsAtStripe(currency) - minorUnitsOf(currency))
  if (amount === undefined) return { refusal: `${currency} ${minor} has more decimals than can be charged` }
  if (threeDecimals.has(currency) && amount % 10 !== 0)
    return { refusal: `${currency} ${minor} does not end in 0, which amounts with three decimals have to` }
  if (asIfTwoDecimals.has(currency) && amount % 100 !== 0)
    return { refusal: `${currency} ${minor} has decimals, which the currency has not` }
  return { amount }
}

/**
 * ISO 4217 minor units of an amount that Stripe names; `undefined` where it is no whole number of
 * them.
 */
export function minorUnitsFromStripe(amount: number, currency: string): number | undefined {
  return scale(amount, minorUnitsOf(currency) - decimalsAtStripe(currency))
}

function scale(amount: number, digits: number): number | undefined {
  if (digits >= 0) return amount * 10 ** digits
  const divisor = 10 ** -digits
  return amount % divisor === 0 ? amount / divisor : undefined
}
