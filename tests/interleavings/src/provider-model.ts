// How does the payment provider behave in the model of the interleavings (model-shop.ts)? It delays
// its decision on charges, and its ledger's first row of a key is the one that counts, also when
// the caller has stopped waiting for the answer by then. In memory.
import type { ChargeOutcome, Refund, Stopped } from '@orderpipeline/payment'

interface Row {
  readonly status: 'captured' | 'declined' | 'voided'
  readonly amountCents: number
}

export class ProviderModel {
  readonly #rows = new Map<string, Row>()
  readonly #refunds = new Map<string, Refund>()
  #underWay: { readonly orderId: string; readonly amountCents: number }[] = []
  readonly #declines: (orderId: string) => boolean

  constructor(declines: (orderId: string) => boolean) {
    this.#declines = declines
  }

  get underWay(): number {
    return this.#underWay.length
  }

  begin(orderId: string, amountCents: number): void {
    this.#underWay.push({ orderId, amountCents })
  }

  /** One of the charges under way is decided. */
  decide(index: number): void {
    const [charge] = this.#underWay.splice(index, 1)
    if (!charge || this.#rows.has(charge.orderId)) return
    const { orderId, amountCents } = charge
    const declined = this.#declines(orderId)
    this.#rows.set(orderId, { status: declined ? 'declined' : 'captured', amountCents: declined ? 0 : amountCents })
  }

  /** The answer to a charge, once it is decided. */
  answer(orderId: string): ChargeOutcome | undefined {
    const row = this.#rows.get(orderId)
    if (!row) return undefined
    return row.status === 'captured'
      ? { status: 'captured', chargeId: `charge of ${orderId}` }
      : { status: 'declined', reason: row.status }
  }

  stop(orderId: string): Stopped {
    const row = this.#rows.get(orderId) ?? { status: 'voided' as const, amountCents: 0 }
    this.#rows.set(orderId, row)
    return row.status === 'captured' ? { status: row.status, chargeId: `charge of ${orderId}` } : { status: row.status }
  }

  refund(orderId: string, chargeId: string): Refund {
    const refund = this.#refunds.get(chargeId) ?? {
      refundId: `refund of ${orderId}`,
      chargeId,
      amountCents: this.#rows.get(orderId)?.amountCents ?? 0,
      currency: 'EUR',
    }
    this.#refunds.set(chargeId, refund)
    return refund
  }

  hasCaptured(orderId: string): boolean {
    return this.#rows.get(orderId)?.status === 'captured'
  }

  /** Charged and not refunded. */
  kept(orderId: string): number {
    const refunded = this.#refunds.get(`charge of ${orderId}`)?.amountCents ?? 0
    return (this.#rows.get(orderId)?.amountCents ?? 0) - refunded
  }
}
