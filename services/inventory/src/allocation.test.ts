// Is stock never oversold, never half reserved, and given back exactly once?
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { allocate } from './allocation.ts'
import type { StoredState } from './allocation.ts'

const context = { source: '/test', now: new Date(0) }
function idOf(n: number) {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}
function about(n: number) {
  return { orderId: idOf(n), customerId: 'c' }
}
function validated(n: number, quantities: Record<string, number>) {
  return eventOf(
    'OrderValidated',
    {
      ...about(n),
      items: Object.entries(quantities).map(([sku, quantity]) => ({ sku, quantity, unitPriceCents: 1 })),
      totalCents: 1,
      currency: 'EUR',
    },
    context,
  )
}
function cancelled(n: number) {
  return eventOf('OrderCancelled', { ...about(n), reason: 'PAYMENT_DECLINED' }, context)
}
function fresh(stock: Record<string, number>): StoredState {
  return {
    stock: new Map(Object.entries(stock)),
    reservations: new Map(),
    heldItems: new Map(),
  }
}

describe('allocation', () => {
  it('reserves orders in turn, all items or none', () => {
    const { newReservations, deltas, answers } = allocate(
      [validated(1, { A: 2, B: 1 }), validated(2, { A: 1, B: 1 }), validated(3, { A: 1 })],
      fresh({ A: 3, B: 1 }),
    )
    expect(newReservations).toEqual(
      new Map([
        [idOf(1), 'RESERVED'],
        [idOf(2), 'REJECTED'],
        [idOf(3), 'RESERVED'],
      ]),
    )
    expect(deltas).toEqual(
      new Map([
        ['A', -3],
        ['B', -1],
      ]),
    )
    expect(answers.map(({ missingSkus }) => missingSkus)).toEqual([[], ['B'], []])
  })

  it('adds the lines of one SKU together', () => {
    const order = validated(1, { A: 2 })
    const twice = { ...order, data: { ...order.data, items: [...order.data.items, ...order.data.items] } }
    expect(allocate([twice], fresh({ A: 3 })).newReservations.get(idOf(1))).toBe('REJECTED')
    expect(allocate([twice], fresh({ A: 4 })).deltas).toEqual(new Map([['A', -4]]))
  })

  it('releases the stock of a cancelled order once', () => {
    const state: StoredState = {
      stock: new Map([['A', 0]]),
      reservations: new Map([[idOf(1), 'RESERVED']]),
      heldItems: new Map([[idOf(1), new Map([['A', 2]])]]),
    }
    const { released, deltas, answers } = allocate([cancelled(1), cancelled(1)], state)
    expect(released).toEqual([idOf(1)])
    expect(deltas).toEqual(new Map([['A', 2]]))
    expect(answers).toEqual([])
  })

  it('never reserves for an order cancelled earlier', () => {
    const early = allocate([cancelled(1), validated(1, { A: 1 })], fresh({ A: 5 }))
    expect(early.newReservations).toEqual(new Map([[idOf(1), 'CANCELLED_EARLY']]))
    expect(early.deltas.size).toBe(0)
    expect(early.answers).toEqual([])
    const late = allocate([validated(1, { A: 1 })], { ...fresh({ A: 5 }), reservations: early.newReservations })
    expect([late.newReservations.size, late.deltas.size, late.answers.length]).toEqual([0, 0, 0])
  })

  it('keeps stock and reservations in balance for any sequence', () => {
    const event = fc.oneof(
      fc.tuple(fc.nat(8), fc.record({ A: fc.integer({ min: 1, max: 4 }), B: fc.integer({ min: 1, max: 4 }) })),
      fc.tuple(fc.nat(8), fc.constant(undefined)),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.nat(20), fc.nat(20), (entries, a, b) => {
        const events: OrderEvent[] = entries.map(([n, items]) => (items ? validated(n, items) : cancelled(n)))
        const { newReservations, reservedItems, deltas } = allocate(events, fresh({ A: a, B: b }))
        for (const [sku, stock] of [
          ['A', a],
          ['B', b],
        ] as const) {
          const reservedPieces = [...newReservations]
            .filter(([, status]) => status === 'RESERVED')
            .reduce((sum, [orderId]) => sum + (reservedItems.get(orderId)?.get(sku) ?? 0), 0)
          const remaining = stock + (deltas.get(sku) ?? 0)
          expect(remaining).toBeGreaterThanOrEqual(0)
          expect(remaining + reservedPieces).toBe(stock)
        }
      }),
    )
  })
})
