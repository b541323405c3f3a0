// Is a dispute recorded and published once, whatever the provider reports how often?
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { settleDispute } from './disputes.ts'
import type { Dispute, ReportedDispute } from './disputes.ts'

const context = { source: '/payment', now: new Date(0) }
const about = {
  ...{ disputeId: 'du-1', orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', customerId: 'customer-7' },
  ...{ chargeId: 'pi-1', amountCents: 700, currency: 'EUR', reason: 'fraudulent' },
}
const statuses = ['INQUIRY', 'OPEN', 'WON', 'LOST', 'DROPPED'] as const
function reported(status: ReportedDispute['status']): ReportedDispute {
  return { ...about, status }
}
function storedDispute(status: Dispute['status']): Dispute {
  return { ...about, status }
}
function settled(before: Dispute | undefined, status: ReportedDispute['status']) {
  const { dispute, events, ended } = settleDispute(before, reported(status), context)
  return { status: dispute?.status, events: events.map(({ type }) => type), ended }
}

test.each([
  [undefined, 'INQUIRY', { status: undefined, events: [], ended: false }],
  [undefined, 'DROPPED', { status: undefined, events: [], ended: true }],
  [undefined, 'OPEN', { status: 'OPEN', events: ['PaymentDisputed'], ended: false }],
  [undefined, 'LOST', { status: 'LOST', events: ['PaymentDisputed', 'PaymentDisputeClosed'], ended: true }],
  [storedDispute('OPEN'), 'OPEN', { status: undefined, events: [], ended: false }],
  [storedDispute('OPEN'), 'WON', { status: 'WON', events: ['PaymentDisputeClosed'], ended: true }],
  [storedDispute('OPEN'), 'LOST', { status: 'LOST', events: ['PaymentDisputeClosed'], ended: true }],
  // An end without money: the shop has what it had.
  [storedDispute('OPEN'), 'DROPPED', { status: 'WON', events: ['PaymentDisputeClosed'], ended: true }],
  [storedDispute('LOST'), 'WON', { status: undefined, events: [], ended: true }],
] as const)('of %o reported as %s: %o', (before, status, expected) => {
  expect(settled(before, status)).toEqual(expected)
})

test('says what is disputed and how it ended', () => {
  const { events } = settleDispute(undefined, reported('LOST'), context)
  const { disputeId, orderId, amountCents, reason } = about
  expect(events).toMatchObject([
    { type: 'PaymentDisputed', data: { disputeId, orderId, amountCents, reason } },
    { type: 'PaymentDisputeClosed', data: { disputeId, orderId, amountCents, outcome: 'LOST' } },
  ])
})

test('is opened and closed once at most, in this order, in any sequence of reports', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...statuses), { maxLength: 12 }), (reports) => {
      let dispute: Dispute | undefined
      const ids: string[] = []
      for (const status of reports) {
        const settlement = settleDispute(dispute, reported(status), context)
        dispute = settlement.dispute ?? dispute
        ids.push(...settlement.events.map(({ type, id }) => `${type} ${id}`))
      }
      expect(new Set(ids).size).toBe(ids.length)
      const types = ids.map((id) => id.split(' ')[0])
      expect([[], ['PaymentDisputed'], ['PaymentDisputed', 'PaymentDisputeClosed']]).toContainEqual(types)
      expect(dispute?.status === 'OPEN').toBe(types.length === 1)
    }),
  )
})
