import { expect, it } from 'vitest'
import { figuresOf, rowOf } from './figures.ts'

const orders = [0, 1_000, 2_000].map((sentAt, n) => ({ orderId: `order-${n}`, sentAt, answerMs: 500 }))
const endedAt = new Map([
  ['order-0', 3_000],
  ['order-1', 4_000],
  ['order-2', 6_000],
])

it('measures from the first order sent to the last answer and the last end', () => {
  const figures = figuresOf({ placed: orders, endedAt })
  expect(figures).toEqual({
    acceptedPerSecond: 1.2,
    endedPerSecond: 0.5,
    answerMs: [500, 500, 500],
    endMs: [3_000, 4_000, 4_000],
  })
  expect(rowOf({ way: 'a', latencyMs: 3_000 }, figures, figures, 0.0123)).toMatchObject({
    'payment takes': '3 s',
    'shipped after, p50 / p95 / p99 ms': '3000 / 4000 / 4000',
    'CPU ms an order': 12.3,
  })
})

it('gives no figure for an order without an end', () => {
  expect(figuresOf({ placed: orders, endedAt: new Map() }).endedPerSecond).toBeNaN()
})
