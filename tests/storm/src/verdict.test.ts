// Is growing memory distinguished from memory that is only large, and a replica that stays in
// quarantine from one that was so for a moment?
import { expect, test } from 'vitest'
import type { ProcessSample, Sample } from './samples.ts'
import {
  quarantineProblems,
  quarantineStretches,
  quarantineLimitSeconds,
  flatWithin,
  median,
  memoryOf,
  memoryProblems,
} from './verdict.ts'

function replica(more: Partial<ProcessSample>): ProcessSample {
  return {
    ...{ name: 'payment-1', service: 'payment', lasting: true, pid: 1 },
    ...{ rss: 100, heapUsed: 40, inHand: 0, careful: 0, breakerOpen: false, providerCalls: {} },
    ...more,
  }
}
function sample(elapsedSeconds: number, processes: readonly ProcessSample[], more: Partial<Sample> = {}): Sample {
  return {
    ...{ elapsedSeconds, phase: 'storm', database: 'well', provider: 'failing' },
    ...{ orders: { open: 0, shipped: 0, cancelled: 0 }, lag: {}, mails: 0, deaths: {}, processes },
    ...more,
  }
}
/** A hundred samples of one replica, whose memory is so large at each of them. */
function course(rss: (n: number) => number): Sample[] {
  return Array.from({ length: 100 }, (_, n) => sample(n * 5, [replica({ rss: rss(n) })]))
}

test('memory that rises at first and then stays is flat', () => {
  const [row] = memoryOf(course((n) => Math.min(150, 60 + 5 * n)))
  expect(row).toEqual({ service: 'payment', secondQuarter: 150, lastQuarter: 150, peak: 150 })
  expect(memoryProblems([row!])).toEqual([])
})

test('memory growth beyond the bound from the second to the last quarter fails', () => {
  const [row] = memoryOf(course((n) => 60 + (n * 2 * (flatWithin + 2)) / 100))
  expect(memoryProblems([row!])).toHaveLength(1)
})

test('judges flatness by replicas alive throughout, and the peak by all', () => {
  const young = replica({ name: 'payment-2', lasting: false, rss: 30 })
  const samples = course(() => 100).map((one) => ({ ...one, processes: [...one.processes, young] }))
  const large = sample(500, [replica({ name: 'payment-3', lasting: false, rss: 180 })], { phase: 'after' })
  expect(memoryOf([...samples, large])).toEqual([
    { service: 'payment', secondQuarter: 100, lastQuarter: 100, peak: 180 },
  ])
})

test('a service without memory figures fails', () => {
  expect(memoryProblems(memoryOf([sample(0, [replica({ rss: undefined })])]))).toEqual([
    'payment: its memory was not measured',
  ])
})

test('a stretch of suspect partitions spans a new assignment, not a longer pause', () => {
  const silent = undefined
  const counts = [1, silent, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1]
  const samples = counts.map((count, n) => sample(n * 5, [replica({ careful: count })]))
  expect(quarantineStretches(samples)).toEqual([{ name: 'payment-1', seconds: 15 }])
})

test('a further death in its stage begins a new stretch, and in another does not', () => {
  const samples = [0, 0, 1, 1, 1].map((payment, n) =>
    sample(n * 5, [replica({ careful: 1 })], { deaths: { payment, orders: n } }),
  )
  expect(quarantineStretches(samples)).toEqual([{ name: 'payment-1', seconds: 10 }])
})

test('a replica with suspect partitions for longer than the bound fails', () => {
  const stretch = (seconds: number) => quarantineProblems([{ name: 'payment-1', seconds }])
  expect(stretch(quarantineLimitSeconds)).toEqual([])
  expect(stretch(quarantineLimitSeconds + 1)).toHaveLength(1)
})

test('the median of an odd and of an even number of values, and of none', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([])]).toEqual([2, 3, undefined])
})
