// Is an estimate the sum of the backlog's wait and of what orders took beyond it, for each step of
// the way?
import { steps } from '@orderpipeline/orders/queries'
import { expect, test } from 'vitest'
import type { Expectation } from '../queues/queue.ts'
import { estimateAfter, learned, tookAfterSteps, waitsAfter } from './estimate.ts'

function queue(name: string, waitSeconds: number): Expectation {
  return { name, waitSeconds, lag: 1, oldestAgeSeconds: 0 }
}
const expectations = [
  queue('intake', 1),
  queue('orders', 10),
  queue('inventory', 100),
  queue('payment', 1_000),
  queue('shipping', 10_000),
  queue('notification', 5),
]
function at(seconds: number) {
  return new Date(seconds * 1_000).toISOString()
}

test('adds the wait in each remaining queue to the next step', () => {
  expect(waitsAfter(expectations)).toEqual([11_131, 11_120, 11_020, 10_010, 0])
  expect(waitsAfter([])).toEqual([0, 0, 0, 0, 0])
})

test('learns the time that orders take beyond their waits', () => {
  const waits = [4, 3, 2, 1, 0]
  const first = learned([], [6, 5, 4, 3, 0], waits)
  expect(first).toEqual([2, 2, 2, 2, 0])
  expect(estimateAfter(1, waits, first)).toBe(6)
  expect(estimateAfter(4, [0, 0, 0, 0, 0], first)).toBe(2)
  const later = learned(first, [1, undefined, 1, 1, 0], waits)
  expect(later).toEqual([1, 2, 1.4, 1.6, 0])
  expect(estimateAfter(1, waits, learned([], [1, 1, 1, 1, 0], waits))).toBe(1)
})

test('estimates nothing before one order has completed', () => {
  expect(estimateAfter(1, [1, 1, 1, 1, 0], [])).toBeUndefined()
  expect(estimateAfter(1, [], [1])).toBeUndefined()
})

test('measures an order’s time from each step of its history', () => {
  const timeline = steps.map((event, n) => ({ event, at: at(10 + n * n) }))
  expect(tookAfterSteps({ timeline })).toEqual([16, 15, 12, 7, 0])
  const gap = timeline.filter(({ event }) => event !== 'StockReserved')
  expect(tookAfterSteps({ timeline: gap })).toEqual([16, 15, undefined, 7, 0])
  expect(tookAfterSteps({ timeline: timeline.slice(0, 4) })).toBeUndefined()
})

test('learns nothing from an order that waited for a person', () => {
  const timeline = ['OrderHeld', ...steps].map((event, n) => ({ event, at: at(10 + n) }))
  expect(tookAfterSteps({ timeline })).toBeUndefined()
})
