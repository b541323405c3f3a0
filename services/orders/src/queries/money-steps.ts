// What does an order's timeline say about its refunds and disputes? The history has each event
// once, the order's row has every refund and dispute with its times: the view shows a step for each
// of them. Pure.
import type { StoredDispute, StoredRefund } from '../money/money.ts'
import type { HistoryEvent } from '../stage/timeline.ts'
import type { TimelineStep } from './progress.ts'

export interface MoneyStep extends TimelineStep {
  readonly refundId?: string
  readonly disputeId?: string
}

type ShownMoney = {
  readonly refunds?: readonly StoredRefund[] | undefined
  readonly disputes?: readonly StoredDispute[] | undefined
}

/** `timeline`: the history in its order, which stays; steps of one time follow its own. */
export function withMoneySteps(
  timeline: readonly TimelineStep[],
  { refunds = [], disputes = [] }: ShownMoney,
): readonly MoneyStep[] {
  const moneySteps = [...refunds.flatMap(refundSteps), ...disputes.flatMap(disputeSteps)]
  // The history's one step of a kind is the first of these; a kind without any stays as it is.
  const kinds = new Set<HistoryEvent>(moneySteps.map(({ event }) => event))
  const others = timeline.filter(({ event }) => !kinds.has(event))
  return [...others, ...moneySteps].toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at))
}

function refundSteps(refund: StoredRefund): MoneyStep[] {
  const { refundId, status, reason, refusal, restocked, at, settledAt } = refund
  // A refund that payment decided on by itself was made when it was first heard of; one that was
  // refused at once was never requested.
  const isRequested = status === 'REQUESTED' || (settledAt !== undefined && settledAt !== at)
  return [
    ...(isRequested ? [{ event: 'PartialRefundRequested' as const, reason, at, refundId }] : []),
    ...(restocked ? [{ event: 'ItemsReturned' as const, at, refundId }] : []),
    ...(settledAt === undefined ? [] : [settledStep(status, refusal, settledAt, refundId)]),
  ]
}

function settledStep(status: StoredRefund['status'], refusal: string | undefined, at: string, refundId: string) {
  if (status === 'REFUNDED') return { event: 'PaymentPartlyRefunded' as const, at, refundId }
  return { event: 'PartialRefundRefused' as const, ...(refusal === undefined ? {} : { reason: refusal }), at, refundId }
}

function disputeSteps({ disputeId, status, reason, openedAt, closedAt }: StoredDispute): MoneyStep[] {
  return [
    { event: 'PaymentDisputed', reason, at: openedAt, disputeId },
    ...(closedAt === undefined
      ? []
      : [{ event: 'PaymentDisputeClosed' as const, reason: status, at: closedAt, disputeId }]),
  ]
}
