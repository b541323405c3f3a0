import { expect, it } from 'vitest'
import { countedRuns, plannedRuns, secondsOf, wholePairs } from './schedule.ts'
import { comparison, environment, finishedRun } from './testing/runs.ts'

const present = { environment, commit: 'abc' }

it('lets each way go first in turns, and leaves out what is finished', () => {
  const order = (finished: Parameters<typeof plannedRuns>[1]) =>
    plannedRuns(comparison, finished, 3)
      .map(({ way, pair }) => way + pair)
      .join(' ')
  expect(order([])).toBe('a1 b1 b2 a2 a3 b3')
  expect(order([finishedRun('a', 1, 1), finishedRun('b', 1, 1), finishedRun('b', 2, 1)])).toBe('a2 a3 b3')
})

it('counts runs of another environment or size as none', () => {
  const others = [
    finishedRun('a', 1, 1, { environment: { ...environment, machine: { CPU: 'another' } } }),
    finishedRun('a', 1, 1, { size: { orders: 11 } }),
    finishedRun('a', 1, 1, { comparison: 'another' }),
  ]
  expect(countedRuns(comparison, others, 1, present)).toEqual([])
})

it('keeps the pairs of an earlier commit that are complete, and goes on with none of an incomplete one', () => {
  const earlier = [finishedRun('a', 1, 1, { commit: 'old' }), finishedRun('b', 1, 1, { commit: 'old' })]
  expect(countedRuns(comparison, earlier, 1, present)).toEqual(earlier)
  expect(countedRuns(comparison, earlier, 2, present)).toEqual([])
  const now = [finishedRun('a', 1, 1), finishedRun('b', 1, 1)]
  expect(countedRuns(comparison, [...earlier, ...now], 1, present)).toEqual(now)
})

it('expects a run to take as long as those before it', () => {
  expect(secondsOf(comparison, 'a', [])).toBe(30)
  expect(secondsOf(comparison, 'a', [finishedRun('a', 1, 1), finishedRun('a', 2, 1, { seconds: 40 })])).toBe(30)
  expect(secondsOf(comparison, 'a', [finishedRun('a', 1, 1), finishedRun('b', 1, 1, { seconds: 90 })])).toBe(20)
})

it('pairs only what has a run of every way', () => {
  const runs = [finishedRun('a', 1, 1), finishedRun('a', 2, 2), finishedRun('b', 2, 3)]
  expect(wholePairs(comparison, runs).map((pair) => [...pair.keys()])).toEqual([['a', 'b']])
})
