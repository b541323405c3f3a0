// Does the timeline have a step for each refund and each dispute of an order?
import { expect, it } from 'vitest'
import type { StoredDispute, StoredRefund } from '../money/money.ts'
import { withMoneySteps } from './money-steps.ts'
import type { TimelineStep } from './progress.ts'

function at(minute: number): string {
  return `2026-01-02T03:${String(minute).padStart(2, '0')}:00.000Z`
}
const history: readonly TimelineStep[] = [
  { event: 'OrderPlaced', status: 'PLACED', at: '2026-01-02T03:00:00.1+00:00' },
  { event: 'OrderShipped', status: 'SHIPPED', at: '2026-01-02T03:05:00+00:00' },
]
function refund(refundId: string, fields: Partial<StoredRefund>): StoredRefund {
  return { refundId, amountCents: 100, status: 'REQUESTED', reason: 'late', at: at(10), ...fields }
}
const dispute: StoredDispute = {
  ...{ disputeId: 'du-1', status: 'OPEN', amountCents: 700, currency: 'EUR' },
  ...{ reason: 'fraudulent', openedAt: at(30) },
}
function steps(timeline: readonly TimelineStep[], money: Parameters<typeof withMoneySteps>[1]) {
  return withMoneySteps(timeline, money).map(({ event, refundId, disputeId }) =>
    [event, refundId ?? disputeId].filter(Boolean).join(' '),
  )
}

it('an order without refunds and disputes keeps its history', () => {
  expect(withMoneySteps(history, {})).toEqual(history)
})

it('each of several refunds has its steps, in the order of their times', () => {
  const historySteps: TimelineStep[] = [
    ...history,
    { event: 'PartialRefundRequested', at: at(10) },
    { event: 'ItemsReturned', at: at(10) },
    { event: 'PaymentPartlyRefunded', at: at(11) },
  ]
  const refunds = [
    refund('a', { status: 'REFUNDED', settledAt: at(11), restocked: [{ sku: 'SKU-0001', quantity: 1 }] }),
    refund('b', { status: 'REFUNDED', at: at(12), settledAt: at(14) }),
    refund('c', { at: at(13) }),
  ]
  expect(steps(historySteps, { refunds })).toEqual([
    ...['OrderPlaced', 'OrderShipped', 'PartialRefundRequested a', 'ItemsReturned a', 'PaymentPartlyRefunded a'],
    ...['PartialRefundRequested b', 'PartialRefundRequested c', 'PaymentPartlyRefunded b'],
  ])
})

it('a refund that was refused says why, and one without a request has none', () => {
  const refused = refund('a', { status: 'REFUSED', refusal: 'DISPUTED', settledAt: at(20) })
  expect(withMoneySteps([], { refunds: [refused] })).toEqual([
    { event: 'PartialRefundRequested', reason: 'late', at: at(10), refundId: 'a' },
    { event: 'PartialRefundRefused', reason: 'DISPUTED', at: at(20), refundId: 'a' },
  ])
  const byPayment = refund('b', { status: 'REFUNDED', settledAt: at(10) })
  const refusedAtOnce = refund('c', {
    status: 'REFUSED',
    refusal: 'DISPUTED',
    restocked: [{ sku: 'SKU-0001', quantity: 1 }],
  })
  expect(steps([], { refunds: [byPayment, refusedAtOnce] })).toEqual(['PaymentPartlyRefunded b', 'ItemsReturned c'])
})

it('a dispute has its reason and its outcome; what is not known of a kind is as in the history', () => {
  const historySteps: TimelineStep[] = [...history, { event: 'PaymentPartlyRefunded', at: at(6) }]
  const disputes = [{ ...dispute, status: 'LOST' as const, closedAt: at(40) }]
  expect(withMoneySteps(historySteps, { refunds: [refund('a', { status: 'REFUNDED' })], disputes }).slice(2)).toEqual([
    { event: 'PaymentPartlyRefunded', at: at(6) },
    { event: 'PaymentDisputed', reason: 'fraudulent', at: at(30), disputeId: 'du-1' },
    { event: 'PaymentDisputeClosed', reason: 'LOST', at: at(40), disputeId: 'du-1' },
  ])
})
