import { expect, it } from 'vitest'
import { backoffMs, jitteredMs } from './backoff.ts'

const backoff = { firstMs: 100, maxMs: 1_000 }

it('doubles the backoff with each failure up to its bound', () => {
  const longest = [1, 2, 3, 4, 5, 10_000].map((failures) => backoffMs(failures, backoff, () => 1))
  expect(longest).toEqual([100, 200, 400, 800, 1_000, 1_000])
})

it('keeps the backoff a number without a bound', () => {
  expect(backoffMs(10_000, { firstMs: 1, maxMs: Infinity }, () => 1)).toBe(2 ** 30)
})

it('half of a backoff is random', () => {
  expect([0, 0.5].map((random) => backoffMs(2, backoff, () => random))).toEqual([100, 150])
})

it('varies a period by a fifth to either side, or by the given share', () => {
  expect([0, 0.5, 1].map((random) => Math.round(jitteredMs(1_000, () => random)))).toEqual([800, 1_000, 1_200])
  expect([0, 1].map((random) => Math.round(jitteredMs(1_000, () => random, 0.1)))).toEqual([900, 1_100])
})
