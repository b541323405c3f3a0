import { expect, it } from 'vitest'
import { evenReplicas, mostLoaded } from './even-share.ts'

const slowPayments = [
  { partitions: 100, arrivalsPerSecond: 83 },
  { partitions: 100, arrivalsPerSecond: 4 },
]

it('the replica with most partitions of the busiest topic gets more than the average', () => {
  expect(mostLoaded(slowPayments, 25)).toBeCloseTo(87 / 25, 9)
  expect(mostLoaded(slowPayments, 29)).toBeCloseTo(87 / 29 + 83 * (0.04 - 1 / 29), 9)
  expect(mostLoaded([{ partitions: 0, arrivalsPerSecond: 5 }], 1)).toBe(5)
})

it('a few replicas more are used where they even out the share, and not many more', () => {
  expect(evenReplicas(29.4, slowPayments, 3.33)).toBe(34)
  expect(evenReplicas(34.2, slowPayments, 3.33)).toBe(34.2)
  // With three partitions at most for 40 to 49 replicas, and two for 50.
  expect(evenReplicas(39.2, [{ partitions: 100, arrivalsPerSecond: 3_333 }], 100)).toBe(39.2)
  expect(evenReplicas(0, [{ partitions: 100, arrivalsPerSecond: 0 }], 100)).toBe(0)
})
