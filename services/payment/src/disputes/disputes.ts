// What follows from a dispute, as the provider says it stands? It is recorded once, and published
// once that it was opened and once that it was closed, however often and in whichever order the
// provider's webhook reports it.
import { eventOf } from '@orderpipeline/order-events'
import type { DisputeOutcome, EventContext, OrderEvent } from '@orderpipeline/order-events'

export interface Dispute {
  readonly disputeId: string
  readonly orderId: string
  readonly chargeId: string
  readonly customerId: string
  /** It may be less than was charged. */
  readonly amountCents: number
  readonly currency: string
  /** As the provider spells it, such as `fraudulent`. */
  readonly reason: string
  readonly status: 'OPEN' | DisputeOutcome
}

/**
 * INQUIRY: the bank asks and has taken nothing yet; it may become a dispute. DROPPED: it has come
 * to its end without money having moved.
 */
export interface ReportedDispute extends Omit<Dispute, 'status'> {
  readonly status: Dispute['status'] | 'INQUIRY' | 'DROPPED'
}

export interface DisputeSettlement {
  /** To be stored; none where nothing is new. */
  readonly dispute?: Dispute
  readonly events: readonly OrderEvent[]
  /** Nothing more will happen to it. */
  readonly ended: boolean
}

/** `previous`: the dispute as it was recorded; one that is closed stays so. */
export function settleDispute(
  previous: Dispute | undefined,
  reported: ReportedDispute,
  context: EventContext,
): DisputeSettlement {
  if (previous && previous.status !== 'OPEN') return { events: [], ended: true }
  const { status } = reported
  if (status === 'INQUIRY') return { events: [], ended: false }
  if (status === 'DROPPED') return previous ? closing(previous, 'WON', [], context) : { events: [], ended: true }
  const opened = previous ? [] : [openedEvent(reported, context)]
  const dispute = previous ?? { ...reported, status: 'OPEN' as const }
  if (status !== 'OPEN') return closing(dispute, status, opened, context)
  return previous ? { events: [], ended: false } : { dispute, events: opened, ended: false }
}

function closing(
  dispute: Dispute,
  outcome: DisputeOutcome,
  before: readonly OrderEvent[],
  context: EventContext,
): DisputeSettlement {
  const closed = eventOf('PaymentDisputeClosed', { ...dataOf(dispute), outcome }, context, dispute.disputeId)
  return { dispute: { ...dispute, status: outcome }, events: [...before, closed], ended: true }
}

function openedEvent(dispute: ReportedDispute, context: EventContext): OrderEvent {
  return eventOf('PaymentDisputed', dataOf(dispute), context, dispute.disputeId)
}

function dataOf(dispute: Omit<Dispute, 'status'>) {
  const { orderId, customerId, chargeId, disputeId, amountCents, currency, reason } = dispute
  return { orderId, customerId, chargeId, disputeId, amountCents, currency, reason }
}
