// Is everything unusual suspected, and nothing else?
import { expect, test } from 'vitest'
import { reasonsFor } from './rules.ts'

const limits = { totalCents: 1_000, orders: 3, declines: 2 }

test.each([
  ['an order within every limit', { kind: 'order', totalCents: 1_000, count: 3 }, []],
  ['a large order', { kind: 'order', totalCents: 1_001, count: 1 }, ['LARGE_ORDER']],
  ['one order too many', { kind: 'order', totalCents: 1, count: 4 }, ['MANY_ORDERS']],
  ['a large order too many', { kind: 'order', totalCents: 2_000, count: 4 }, ['LARGE_ORDER', 'MANY_ORDERS']],
  ['a large order whose payment is declined', { kind: 'decline', totalCents: 2_000, count: 2 }, []],
  ['one decline too many', { kind: 'decline', totalCents: 1, count: 3 }, ['MANY_DECLINES']],
] as const)('%s', (_, behaviour, expected) => {
  expect(reasonsFor({ declines: 9, ...behaviour }, limits)).toEqual(expected)
})

test.each([
  ['an order after as many declines as are allowed', { kind: 'order', declines: 2 }, []],
  ['an order after one decline too many', { kind: 'order', declines: 3 }, ['MANY_DECLINES']],
  ['a decline, of an order that can no longer be held', { kind: 'decline', declines: 3 }, []],
] as const)('where orders are held: %s', (_, behaviour, expected) => {
  expect(reasonsFor({ totalCents: 1, count: behaviour.declines, ...behaviour }, limits, true)).toEqual(expected)
})
