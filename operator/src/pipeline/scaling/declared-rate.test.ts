import { expect, it } from 'vitest'
import { credibleRate, withBusySample } from './declared-rate.ts'
import type { BusyStretch } from './declared-rate.ts'

const concurrency = 10
const declared = 100

/**
 * Samples every two seconds of five members: [messages handled, lag], or [handled, lag, members].
 */
function stretchOf(samples: readonly (readonly [number, number, number?])[]): BusyStretch {
  return samples.reduce<BusyStretch>(
    (before, [handled, lag, members = 5], index) =>
      withBusySample(before, { at: index * 2_000, members, handled, lag }, concurrency),
    {},
  )
}

it('keeps the declared rate of a stage that keeps up, and of one that is busy and about that fast', () => {
  const light = stretchOf([[0, 0], [20, 1], [40, 2], [60, 0]]) // prettier-ignore
  expect(credibleRate(light, declared, concurrency)).toBe(declared)
  const busy = stretchOf([[0, 5_000], [700, 5_500], [1_500, 6_000], [2_200, 6_500]]) // prettier-ignore
  expect(credibleRate(busy, declared, concurrency)).toBe(declared)
})

it('takes what the handled messages allow at most, where messages take fifty times as long', () => {
  const slow = stretchOf([[0, 400], [0, 1_200], [0, 2_000], [50, 2_800]]) // prettier-ignore
  // 50 handled and 50 in flight, by five members in six seconds.
  expect(credibleRate(slow, declared, concurrency)).toBeCloseTo(100 / 5 / 6, 9)
})

it('keeps the declared rate of a stage that handles nothing: it may lack a component', () => {
  const halted = stretchOf([[0, 400], [0, 1_200], [0, 2_000], [0, 2_800]]) // prettier-ignore
  expect(credibleRate(halted, declared, concurrency)).toBe(declared)
})

it('starts again with other members, since a group that rebalances handles nothing', () => {
  const joined = stretchOf([[0, 400], [0, 1_200], [0, 2_000], [50, 2_800, 9], [60, 3_600, 9]]) // prettier-ignore
  expect(credibleRate(joined, declared, concurrency)).toBe(declared)
})
