// Is a refund that staff asks for accepted once, in time, and never for more than was paid or sold?
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideRefund } from './decide-refund.ts'
import type { OrderForRefund, RefundRequest } from './decide-refund.ts'
import { remainingQuantities } from '../money/money.ts'
import type { StoredDispute, StoredRefund } from '../money/money.ts'

const now = new Date('2026-01-02T03:04:05Z')
const items = [
  { sku: 'A', quantity: 3, unitPriceCents: 200 },
  { sku: 'B', quantity: 1, unitPriceCents: 300 },
]
const shipped: OrderForRefund = { status: 'SHIPPED', totalCents: 900, items, refunds: [], disputes: [] }
const dispute: StoredDispute = {
  ...{ disputeId: 'du-1', status: 'OPEN', amountCents: 900, currency: 'EUR', reason: 'fraudulent' },
  openedAt: now.toISOString(),
}
let keys = 0
function request(fields: Partial<RefundRequest>): RefundRequest {
  const idempotencyKey = `key-${++keys}`
  return { reason: 'test', restock: false, idempotencyKey, by: 'kim', ...fields }
}
function decide(order: OrderForRefund, fields: Partial<RefundRequest>) {
  return decideRefund(order, request(fields), { refundId: `refund-${++keys}`, now })
}
function withRefund(order: OrderForRefund, refund: StoredRefund): OrderForRefund {
  return { ...order, refunds: [...order.refunds, refund] }
}
function accepted(order: OrderForRefund, fields: Partial<RefundRequest>): StoredRefund {
  const decision = decide(order, fields)
  if (decision.kind !== 'accepted') throw new Error(`not accepted: ${decision.kind}`)
  return decision.refund
}

describe('a refund that staff asks for', () => {
  it('is of an amount, or of lines at what was paid for them', () => {
    expect(accepted(shipped, { amountCents: 900 })).toMatchObject({ amountCents: 900, status: 'REQUESTED' })
    const lines = accepted(shipped, { items: [{ sku: 'A', quantity: 2 }], restock: true })
    expect(lines).toMatchObject({ amountCents: 400, restocked: [{ sku: 'A', quantity: 2 }], by: 'kim' })
    expect(accepted({ ...shipped, status: 'CONFIRMED' }, { amountCents: 1 })).toMatchObject({ amountCents: 1 })
  })

  it('is accepted once under its key, and refused with another body under it', () => {
    const first = accepted(shipped, { amountCents: 900, idempotencyKey: 'mine' })
    const after = withRefund(shipped, first)
    expect(decide(after, { amountCents: 900, idempotencyKey: 'mine' })).toEqual({
      ...{ kind: 'repeated', refund: first },
    })
    expect(decide(after, { amountCents: 1, idempotencyKey: 'mine' })).toEqual({ kind: 'conflict' })
  })

  it('is the same whichever the order of its lines, also of one that an older version stored', () => {
    const lines = [
      { sku: 'B', quantity: 1 },
      { sku: 'A', quantity: 2 },
    ]
    const fields = { items: lines, reason: 'late', idempotencyKey: 'mine' }
    const first = accepted(shipped, fields)
    // As every version has stored it: of the lines as they came.
    const text = JSON.stringify([
      null,
      [
        ['B', 1],
        ['A', 2],
      ],
      'late',
      false,
    ])
    expect(first.hash).toBe(createHash('sha256').update(text).digest('base64url'))
    const after = withRefund(shipped, { ...first, reason: 'erased' })
    for (const items of [lines, lines.toReversed()])
      expect(decide(after, { ...fields, items })).toMatchObject({ kind: 'repeated' })
    const others = [
      [...lines, { sku: 'C', quantity: 1 }],
      lines.slice(1),
      [{ sku: 'A', quantity: 1 }, lines[0] ?? { sku: '', quantity: 0 }],
    ]
    for (const items of others) expect(decide(after, { ...fields, items })).toEqual({ kind: 'conflict' })
    expect(decide(after, { ...fields, reason: 'lost' })).toEqual({ kind: 'conflict' })
  })

  it.each(['PLACED', 'PROCESSING', 'CANCELLED'] as const)('is not of an order that is %s', (status) => {
    expect(decide({ ...shipped, status }, { amountCents: 1 })).toMatchObject({ kind: 'wrong-state', status })
  })

  it('puts into stock only what has been shipped', () => {
    const fields = { items: [{ sku: 'A', quantity: 1 }], restock: true }
    expect(decide({ ...shipped, status: 'CONFIRMED' }, fields)).toMatchObject({ kind: 'wrong-state' })
  })

  it('is not made during a dispute, unless the shop has won it', () => {
    for (const status of ['OPEN', 'LOST'] as const)
      expect(decide({ ...shipped, disputes: [{ ...dispute, status }] }, { amountCents: 1 })).toEqual({
        kind: 'disputed',
      })
    expect(decide({ ...shipped, disputes: [{ ...dispute, status: 'WON' }] }, { amountCents: 1 }).kind).toBe('accepted')
  })

  it('is of no more than is left of the payment and of each line', () => {
    const after = withRefund(shipped, accepted(shipped, { items: [{ sku: 'A', quantity: 2 }] }))
    expect(decide(after, { amountCents: 501 })).toEqual({ kind: 'too-much', amountCents: 501, leftCents: 500 })
    const twoMore = { items: [{ sku: 'A', quantity: 2 }] }
    expect(decide(after, twoMore)).toMatchObject({ kind: 'no-such-pieces', index: 0, left: 1 })
    expect(decide(after, { items: [{ sku: 'C', quantity: 1 }] })).toMatchObject({ kind: 'no-such-pieces', left: 0 })
    const refused = { ...after, refunds: after.refunds.map((refund) => ({ ...refund, status: 'REFUSED' as const })) }
    expect(decide(refused, twoMore).kind).toBe('accepted')
  })

  it('has a bound on their number', () => {
    const many = Array.from({ length: 50 }, (_, n) => accepted(shipped, { amountCents: 1, idempotencyKey: `${n}` }))
    expect(decide({ ...shipped, refunds: many }, { amountCents: 1 })).toEqual({ kind: 'too-many', most: 50 })
  })

  it('never adds up to more than was paid, nor to more pieces than were bought', () => {
    const fields = fc.oneof(
      fc.record({ amountCents: fc.integer({ min: 1, max: 900 }) }),
      fc.record({
        items: fc.array(fc.record({ sku: fc.constantFrom('A', 'B'), quantity: fc.integer({ min: 1, max: 3 }) }), {
          ...{ minLength: 1, maxLength: 1 },
        }),
        restock: fc.boolean(),
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fields, fc.boolean()), { maxLength: 20 }), (requests) => {
        let order = shipped
        for (const [each, isRefused] of requests) {
          const decision = decide(order, each)
          if (decision.kind !== 'accepted') continue
          const status = isRefused ? 'REFUSED' : decision.refund.status
          order = withRefund(order, { ...decision.refund, status })
        }
        const standing = order.refunds.filter(({ status }) => status !== 'REFUSED')
        expect(standing.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBeLessThanOrEqual(900)
        for (const what of ['refunded', 'restocked'] as const)
          for (const remaining of remainingQuantities(order, what).values()) expect(remaining).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})
