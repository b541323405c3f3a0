import { expect, it } from 'vitest'
import { backlogReplicas, leastUsableLag, usableLag } from './usable-lag.ts'

const concurrency = 10
const even = Array.from({ length: 110 }, () => 60)
const hot = [20_000, ...Array.from({ length: 109 }, () => 1)]

it('an even backlog keeps as many replicas busy as there are partitions with messages', () => {
  const usable = usableLag(even, concurrency)
  expect(usable).toBeGreaterThan(leastUsableLag(100, concurrency))
  expect(backlogReplicas(usable, 1_000, concurrency)).toBeGreaterThanOrEqual(100)
})

it('the backlog of a hot partition keeps one or two busy, however large it is', () => {
  const usable = usableLag(hot, concurrency)
  expect(usable).toBeLessThan(leastUsableLag(13, concurrency))
  expect(backlogReplicas(usable, 109, concurrency)).toBe(2)
})

it('a small backlog over many partitions is not taken for a hot one', () => {
  const lags = Array.from({ length: 110 }, (_, partition) => (partition < 60 ? 5 : 0))
  expect(usableLag(lags, concurrency)).toBe(300)
  expect(backlogReplicas(300, 80, concurrency)).toBe(22)
})
