// How does the payment provider behave in the model of the interleavings (model-shop.ts)? It delays
// its decision on charges, and its ledger's first row of a key is the one that counts, also when
// the caller has stopped waiting for the answer by then. In memory.
import { ProviderError } from '@orderpipeline/payment'
import type { ChargeOutcome, Refund, RefundPart, Stopped } from '@orderpipeline/payment'

interface Row {
  readonly status: 'captured' | 'declined' | 'voided'
  readonly amountCents: number
}

/** The customer's bank takes the rest of a charge back. */
export interface BankDispute {
  readonly orderId: string
  readonly amountCents: number
  status: 'OPEN' | 'WON' | 'LOST'
}

export class ProviderModel {
  readonly disputes = new Map<string, BankDispute>()
  readonly #parts = new Map<string, Refund>()
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

  /** All that is left of the charge. @throws ProviderError while the bank has it */
  refund(orderId: string, chargeId: string): Refund {
    const previous = this.#refunds.get(chargeId)
    if (previous) return previous
    this.#refuseDisputed(orderId)
    const refund = { refundId: `refund of ${orderId}`, chargeId, amountCents: this.kept(orderId), currency: 'EUR' }
    this.#refunds.set(chargeId, refund)
    return refund
  }

  /** @throws ProviderError while the bank has it, or where so much is not left */
  refundPart(orderId: string, chargeId: string, { refundId, amountCents }: Omit<RefundPart, 'currency'>): Refund {
    const previous = this.#parts.get(refundId)
    if (previous) return previous
    // What a lost dispute has left may be refunded.
    this.#refuseDisputed(orderId, ['OPEN'])
    if (this.#refunds.has(chargeId) || amountCents > this.kept(orderId))
      throw new ProviderError('Refused', `${amountCents} of ${this.kept(orderId)} left`)
    const refund = { refundId: `part ${refundId}`, chargeId, amountCents, currency: 'EUR' }
    this.#parts.set(refundId, refund)
    return refund
  }

  /** The bank takes so much of what is left; nothing where nothing is. Once an order. */
  dispute(orderId: string, share: number): BankDispute | undefined {
    const amountCents = Math.ceil(this.kept(orderId) * share)
    if (amountCents === 0 || this.disputes.has(orderId)) return undefined
    const dispute: BankDispute = { orderId, amountCents, status: 'OPEN' }
    this.disputes.set(orderId, dispute)
    return dispute
  }

  chargedCents(orderId: string): number {
    return this.#rows.get(orderId)?.amountCents ?? 0
  }

  /** Whether the whole charge, or its rest, went back. */
  isRefunded(orderId: string): boolean {
    return this.#refunds.has(`charge of ${orderId}`)
  }

  /** Cents that refunds of parts have given back. */
  refundedInParts(orderId: string): number {
    const parts = [...this.#parts.values()].filter(({ chargeId }) => chargeId === `charge of ${orderId}`)
    return parts.reduce((sum, { amountCents }) => sum + amountCents, 0)
  }

  hasCaptured(orderId: string): boolean {
    return this.#rows.get(orderId)?.status === 'captured'
  }

  /** Charged, and neither refunded nor with the bank. */
  kept(orderId: string): number {
    const refunded = this.#refunds.get(`charge of ${orderId}`)?.amountCents ?? 0
    const dispute = this.disputes.get(orderId)
    const withBank = dispute && dispute.status !== 'WON' ? dispute.amountCents : 0
    return this.chargedCents(orderId) - refunded - this.refundedInParts(orderId) - withBank
  }

  #refuseDisputed(orderId: string, statuses: readonly string[] = ['OPEN', 'LOST']): void {
    const dispute = this.disputes.get(orderId)
    if (dispute && statuses.includes(dispute.status)) throw new ProviderError('Refused', 'the charge is disputed')
  }
}
