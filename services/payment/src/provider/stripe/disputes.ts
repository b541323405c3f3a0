// How does a dispute stand at Stripe? A Dispute is about a PaymentIntent, whose metadata has our
// order; a webhook names the Dispute, and a disputed charge has a list of them.
import { z } from 'zod'
import type { ReportedDispute } from '../../disputes/disputes.ts'
import type { DisputeSource } from '../../disputes/watch-disputes.ts'
import { allPages } from '../all-pages.ts'
import { ProviderError } from '../provider-error.ts'
import { minorUnitsFromStripe } from './amounts.ts'
import { Dispute, Disputes } from './answers.ts'
import { createStripeApi, StripeRefusalError } from './api.ts'
import type { Params, StripeAddress } from './api.ts'
import { orderKey, shopCustomerKey } from './metadata.ts'

const OrderId = z.uuid().toLowerCase()
/** The evidence of one dispute has up to 150,000 characters. */
const maxDisputeBytes = 1_024 * 1_024
const disputesAtOnce = 20
const maxPageBytes = 8 * 1_024 * 1_024

export function stripeDisputes(address: StripeAddress): DisputeSource {
  const api = createStripeApi(address)
  const listed = (about: Params, signal: AbortSignal): Promise<readonly string[]> =>
    allPages(async (after) => {
      const params = { ...about, limit: disputesAtOnce, starting_after: after }
      const { data, has_more } = await api.get('disputes', Disputes, params, { signal, maxBytes: maxPageBytes })
      return { ids: data.map(({ id }) => id), next: has_more ? data.at(-1)?.id : undefined }
    })
  return {
    of: async (disputeId, signal) => {
      const path = `disputes/${encodeURIComponent(disputeId)}`
      const asking = { signal, maxBytes: maxDisputeBytes }
      try {
        return reportedDispute(await api.get(path, Dispute, { 'expand[]': 'payment_intent' }, asking))
      } catch (error) {
        if (error instanceof StripeRefusalError && error.code === 'resource_missing') return undefined
        throw error
      }
    },
    ofCharge: (chargeId, signal) => listed({ payment_intent: chargeId }, signal),
    // Those that were opened: each is asked about until it is closed.
    changedSince: (since, signal) => listed({ 'created[gte]': Math.floor(since.getTime() / 1_000) }, signal),
  }
}

/** `undefined`: it is about something else that is charged by the same account. */
export function reportedDispute(dispute: Dispute): ReportedDispute | undefined {
  const { id: disputeId, amount, currency, reason, payment_intent: intent } = dispute
  const orderId = typeof intent === 'object' ? OrderId.safeParse(intent?.metadata[orderKey]) : undefined
  if (typeof intent !== 'object' || !intent || !orderId?.success) return undefined
  const amountCents = minorUnitsFromStripe(amount, currency)
  if (amountCents === undefined) throw new ProviderError('Misconfigured', `dispute ${disputeId} has an invalid amount`)
  const customerId = intent.metadata[shopCustomerKey] ?? ''
  const about = { disputeId, orderId: orderId.data, customerId, chargeId: intent.id, amountCents, currency, reason }
  return { ...about, status: statusOf(dispute) }
}

/**
 * https://docs.stripe.com/api/disputes/object: `warning_…` is of inquiries, which move no money.
 */
function statusOf({ id, status }: Dispute): ReportedDispute['status'] {
  switch (status) {
    case 'needs_response':
    case 'under_review':
      return 'OPEN'
    case 'won':
      return 'WON'
    case 'lost':
      return 'LOST'
    case 'warning_needs_response':
    case 'warning_under_review':
      return 'INQUIRY'
    case 'warning_closed':
    case 'prevented':
    case 'charge_refunded':
      return 'DROPPED'
    default:
      throw new ProviderError('Misconfigured', `dispute ${id} has the unknown status ${status.slice(0, 40)}`)
  }
}
