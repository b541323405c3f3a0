// What becomes of money after its payment, in the model of the interleavings (model-shop.ts)? The
// books of the payment stage with the real decisions, and its periodic tasks, which may end after
// they have published and before they have stored anything.
import { eventId, eventOf } from '@orderpipeline/order-events'
import type { EventOf, OrderEvent } from '@orderpipeline/order-events'
import {
  decidePartialRefund,
  dueRefundOf,
  outcomeEvent,
  ProviderError,
  refunded,
  remainingCents,
  settle,
  settleDispute,
} from '@orderpipeline/payment'
import type { Dispute, PartialRefund, Payment, ProviderAnswer } from '@orderpipeline/payment'
import type { ProviderModel } from './provider-model.ts'

const now = new Date(0)
const context = { source: '/payment', now }

type Cause = Parameters<typeof settle>[1]

export class ModelMoney {
  readonly payments = new Map<string, Payment>()
  readonly parts = new Map<string, PartialRefund & { readonly afterDispute?: boolean }>()
  readonly disputes = new Map<string, Dispute>()
  /** Refunds of whole charges that are due, by order. */
  readonly dues = new Map<string, string>()
  readonly #provider: ProviderModel
  readonly #publish: (events: readonly OrderEvent[]) => void

  constructor(provider: ProviderModel, publish: (events: readonly OrderEvent[]) => void) {
    this.#provider = provider
    this.#publish = publish
  }

  /** As its row shows it. */
  paymentOf(orderId: string): Payment | undefined {
    const payment = this.payments.get(orderId)
    if (!payment) return undefined
    const parts = [...this.parts.values()].filter((part) => part.orderId === orderId && part.status !== 'REFUSED')
    const partlyRefundedCents = parts.reduce((sum, { amountCents }) => sum + amountCents, 0)
    return { ...payment, partlyRefundedCents, disputed: this.#isDisputed(orderId) }
  }

  owes(orderId: string): boolean {
    const parts = [...this.parts.values()].filter((part) => part.orderId === orderId)
    return this.dues.has(orderId) || parts.some(({ status }) => status === 'DUE')
  }

  settle(cause: Cause, answer: ProviderAnswer): readonly OrderEvent[] {
    const { orderId } = cause.data
    const payment = this.paymentOf(orderId)
    const due = dueRefundOf(payment, cause, answer)
    if (due) this.dues.set(orderId, due.chargeId)
    const settlement = settle(payment, cause, answer, now)
    if (settlement) this.payments.set(orderId, settlement.payment)
    return settlement?.event ? [settlement.event] : []
  }

  request(event: EventOf<'PartialRefundRequested'>): readonly OrderEvent[] {
    const previous = this.parts.get(event.data.refundId)
    const decision = decidePartialRefund(this.paymentOf(event.data.orderId), previous, event, now)
    if (decision.added) this.parts.set(decision.added.refundId, decision.added)
    return decision.event ? [decision.event] : []
  }

  /** One run of every periodic task. False: nothing was left to do. */
  runTasks(orderIds: readonly string[], crash: boolean): boolean {
    const before = this.#state()
    for (const orderId of orderIds) this.#hearOfDispute(orderId, crash)
    this.#settleLost()
    for (const [orderId, chargeId] of this.dues) if (!this.#isDisputed(orderId)) this.#refund(orderId, chargeId, crash)
    for (const part of this.parts.values()) if (this.#isClaimable(part)) this.#refundPart(part, crash)
    for (const orderId of orderIds) this.#bookUnknown(orderId, crash)
    return this.#state() !== before
  }

  #hearOfDispute(orderId: string, crash: boolean): void {
    const reported = this.#provider.disputes.get(orderId)
    if (!reported) return
    const disputeId = `dispute of ${orderId}`
    const about = { disputeId, ...aboutOf(orderId), chargeId: `charge of ${orderId}` }
    const { amountCents, status } = reported
    const whole = { ...about, amountCents, currency: 'EUR', reason: 'fraudulent', status }
    const { dispute, events } = settleDispute(this.disputes.get(disputeId), whole, context)
    this.#publish(events)
    if (dispute && !crash) this.disputes.set(disputeId, dispute)
  }

  #settleLost(): void {
    for (const part of this.parts.values())
      if (part.status === 'DUE' && !part.afterDispute && this.#disputeStatus(part.orderId) === 'LOST')
        this.#settlePart({ ...part, status: 'REFUSED', refusal: 'DISPUTED' }, false)
    for (const [orderId, chargeId] of this.dues) {
      const payment = this.paymentOf(orderId)
      if (this.#disputeStatus(orderId) !== 'LOST' || payment?.chargeId === undefined) continue
      const lostCents = this.disputes.get(`dispute of ${orderId}`)?.amountCents ?? 0
      const amountCents = payment.status === 'CAPTURED' ? remainingCents(payment) - lostCents : 0
      const refundId = eventId('PaymentDisputeClosed', orderId, `rest of ${chargeId}`)
      const rest = { refundId, ...aboutOf(orderId), chargeId, amountCents, currency: 'EUR', status: 'DUE' as const }
      if (amountCents > 0) this.parts.set(refundId, { ...rest, afterDispute: true })
      this.dues.delete(orderId)
    }
  }

  #refund(orderId: string, chargeId: string, crash: boolean): void {
    const answer = refusable(() => this.#provider.refund(orderId, chargeId))
    if (!answer) return
    const settlement = refunded(aboutOf(orderId), answer, context, this.paymentOf(orderId))
    if (settlement.event) this.#publish([settlement.event])
    if (crash) return
    if (this.payments.get(orderId)?.status !== 'REFUNDED') this.payments.set(orderId, settlement.payment)
    this.dues.delete(orderId)
  }

  #refundPart(part: PartialRefund, crash: boolean): void {
    const answer = refusable(() => this.#provider.refundPart(part.orderId, part.chargeId ?? '', part))
    if (answer) this.#settlePart({ ...part, status: 'REFUNDED', providerRefundId: answer.refundId }, crash)
    else if (this.payments.get(part.orderId)?.status === 'REFUNDED')
      this.#settlePart({ ...part, status: 'REFUSED', refusal: 'REFUNDED' }, crash)
  }

  #settlePart(part: PartialRefund, crash: boolean): void {
    const event = outcomeEvent(part, context)
    if (event) this.#publish([event])
    if (!crash) this.parts.set(part.refundId, { ...this.parts.get(part.refundId), ...part })
  }

  /** As the comparison with the provider's list does it. */
  #bookUnknown(orderId: string, crash: boolean): void {
    const payment = this.paymentOf(orderId)
    const charged = this.#provider.answer(orderId)
    if (charged?.status !== 'captured' || (payment && payment.status !== 'CANCELLED')) return
    if (this.#provider.isRefunded(orderId)) return
    const totalCents = this.#provider.chargedCents(orderId)
    const reserved = eventOf('StockReserved', { ...aboutOf(orderId), totalCents, currency: 'EUR' }, context)
    const settlement = settle(payment, reserved, { kind: 'charged', reserved, outcome: charged }, now)
    if (settlement?.event) this.#publish([settlement.event])
    if (settlement && !crash) this.payments.set(orderId, settlement.payment)
  }

  #isClaimable(part: PartialRefund & { readonly afterDispute?: boolean }): boolean {
    if (part.status !== 'DUE') return false
    const status = this.#disputeStatus(part.orderId)
    return status !== 'OPEN' && (status !== 'LOST' || part.afterDispute === true)
  }

  #isDisputed(orderId: string): boolean {
    return ['OPEN', 'LOST'].includes(this.#disputeStatus(orderId) ?? '')
  }

  #disputeStatus(orderId: string): Dispute['status'] | undefined {
    return this.disputes.get(`dispute of ${orderId}`)?.status
  }

  #state(): string {
    return JSON.stringify([[...this.payments], [...this.parts], [...this.disputes], [...this.dues]])
  }
}

export function aboutOf(orderId: string): { orderId: string; customerId: string } {
  return { orderId, customerId: `customer of ${orderId.slice(-4)}` }
}

function refusable<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (error instanceof ProviderError && error.reason === 'Refused') return undefined
    throw error
  }
}
