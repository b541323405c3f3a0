// How is an order of 0 paid, when a provider refuses such an amount? Without the provider: its
// charge and its refund have ids of ours, made of the order, so that a repetition has the same
// ones.
import type { Provider } from './provider.ts'

const freeCharge = /^free-([A-Z]{3})-/

export function withFreeCharges(provider: Provider): Provider {
  return {
    charge: (charge, signal, traceparent) => {
      const { orderId, amountCents, currency } = charge
      return amountCents === 0
        ? Promise.resolve({ status: 'captured', chargeId: `free-${currency}-${orderId}` })
        : provider.charge(charge, signal, traceparent)
    },
    // There may be an earlier charge of it at the provider, by a version that charged 0 as well.
    stop: (about, signal, traceparent) => provider.stop(about, signal, traceparent),
    find: (orderId, signal, traceparent) => provider.find(orderId, signal, traceparent),
    refund: (orderId, chargeId, signal, how) => {
      const currency = freeCharge.exec(chargeId)?.[1]
      return currency === undefined
        ? provider.refund(orderId, chargeId, signal, how)
        : Promise.resolve({ refundId: `refund-${orderId}`, chargeId, amountCents: 0, currency })
    },
    // There is nothing to give back of one, so nothing has been.
    findRefund: (orderId, chargeId, signal, how) =>
      freeCharge.test(chargeId) ? Promise.resolve(undefined) : provider.findRefund(orderId, chargeId, signal, how),
  }
}
