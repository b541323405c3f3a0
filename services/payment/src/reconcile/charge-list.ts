// What has the provider taken in a stretch of time, by its own account? Read page by page; what is
// not about one of our orders is left out.
import { z } from 'zod'
import type { ComparedPeriod } from '../compared-period.ts'
import { callOverHttp } from '../provider/http-call.ts'
import { failureOf, ProviderError } from '../provider/provider-error.ts'
import type { ProviderAddress } from '../provider/provider.ts'
import { minorUnitsFromStripe } from '../provider/stripe/amounts.ts'
import { PaymentIntents } from '../provider/stripe/answers.ts'
import type { PaymentIntent } from '../provider/stripe/answers.ts'
import { createStripeApi } from '../provider/stripe/api.ts'
import type { StripeAddress } from '../provider/stripe/api.ts'
import { orderKey, shopCustomerKey } from '../provider/stripe/metadata.ts'
import type { ListedCharge } from './compare.ts'

export interface ChargePage {
  readonly charges: readonly ListedCharge[]
  /** Where the next page begins; absent after the last one. */
  readonly next?: string | undefined
}

export interface ChargeList {
  /** A page of the charges made in the stretch. @throws ProviderError */
  page(stretch: ComparedPeriod, after: string | undefined, signal: AbortSignal): Promise<ChargePage>
}

const maxPageBytes = 4 * 1_024 * 1_024

const SimulatorPage = z.object({
  charges: z.array(
    z.object({
      orderId: z.uuid().toLowerCase(),
      customerId: z.string(),
      chargeId: z.string().min(1),
      amountCents: z.int().min(0),
      currency: z.string(),
      refundedCents: z.int().min(0),
      disputed: z.boolean().optional(),
    }),
  ),
  next: z.string().optional(),
})

export function simulatorCharges({ url, timeoutMs, token, turn }: ProviderAddress): ChargeList {
  const base = url.replace(/\/*$/, '/')
  return {
    page: async ({ since, until }, after, signal) => {
      await turn?.(signal)
      const query = new URLSearchParams({ since: since.toISOString(), until: until.toISOString() })
      if (after !== undefined) query.set('after', after)
      const { status, body } = await callOverHttp(new URL(`v1/captures?${query.toString()}`, base), {
        method: 'GET',
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        maxBytes: maxPageBytes,
      })
      if (status !== 200) throw new ProviderError(failureOf(status), `answered ${status}: ${body.slice(0, 200)}`)
      try {
        return SimulatorPage.parse(JSON.parse(body))
      } catch (cause) {
        throw new ProviderError('Misconfigured', `a list of unknown form: ${body.slice(0, 200)}`, { cause })
      }
    },
  }
}

export function stripeCharges(address: StripeAddress): ChargeList {
  const api = createStripeApi(address)
  const seconds = (at: Date) => Math.floor(at.getTime() / 1_000)
  return {
    page: async ({ since, until }, after, signal) => {
      const params = {
        'created[gte]': seconds(since),
        'created[lt]': seconds(until),
        limit: 100,
        starting_after: after,
        'expand[]': 'data.latest_charge',
      }
      const list = await api.get('payment_intents', PaymentIntents, params, { signal, maxBytes: maxPageBytes })
      return {
        charges: list.data.flatMap((intent) => chargesOf(intent)),
        next: list.has_more ? list.data.at(-1)?.id : undefined,
      }
    },
  }
}

function chargesOf(intent: PaymentIntent): ListedCharge[] {
  const orderId = z.uuid().toLowerCase().safeParse(intent.metadata[orderKey])
  if (intent.status !== 'succeeded' || !orderId.success) return []
  const { currency, latest_charge: charge } = intent
  const amountCents = minorUnitsFromStripe(intent.amount, currency)
  const { amount_refunded: refundedAmount, disputed } =
    typeof charge === 'object' && charge ? charge : { amount_refunded: 0, disputed: false }
  if (amountCents === undefined) throw new ProviderError('Misconfigured', `${intent.id} has an invalid amount`)
  return [
    {
      orderId: orderId.data,
      customerId: intent.metadata[shopCustomerKey] ?? '',
      chargeId: intent.id,
      amountCents,
      currency,
      refundedCents: minorUnitsFromStripe(refundedAmount, currency) ?? 0,
      ...(disputed ? { disputed } : {}),
    },
  ]
}
