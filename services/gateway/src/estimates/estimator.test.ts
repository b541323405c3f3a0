// When are the queues read again? As often as they are of use.
import { expect, it } from 'vitest'
import { isLookDue } from './estimator.ts'

const unused = { ageMs: 10_000, used: false, waiting: false, followedOrders: 0 }

it('reads the queues at first, and then while someone asks, something waits or an order is followed', () => {
  expect(isLookDue(undefined)).toBe(true)
  expect(isLookDue({ ...unused, used: true })).toBe(true)
  expect(isLookDue({ ...unused, waiting: true })).toBe(true)
  expect(isLookDue({ ...unused, followedOrders: 1 })).toBe(true)
})

it('reads the queues of an idle shop seldom, and before the last reading is too old to be used', () => {
  expect(isLookDue(unused)).toBe(false)
  expect(isLookDue({ ...unused, ageMs: 29_000 })).toBe(false)
  expect(isLookDue({ ...unused, ageMs: 30_000 })).toBe(true)
})
