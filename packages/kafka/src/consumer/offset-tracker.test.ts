// Is an offset committable only when all before it is done?
import { expect, test } from 'vitest'
import { createOffsetTracker } from './offset-tracker.ts'

test('an unfinished message holds back the offset of all behind it', () => {
  const tracker = createOffsetTracker()
  const [first, second, third] = ['10', '11', '12'].map((offset) => tracker.take('t', 0, offset))
  second!()
  third!()
  expect(tracker.committable()).toEqual([])
  first!()
  expect(tracker.committable()).toEqual([{ topic: 't', partition: 0, offset: '13' }])
})

test('commits an offset once until it moves', () => {
  const tracker = createOffsetTracker()
  tracker.take('t', 0, '0')()
  tracker.take('t', 1, '5')()
  const offsets = tracker.committable()
  expect(offsets).toHaveLength(2)
  tracker.committed(offsets)
  expect(tracker.committable()).toEqual([])
  tracker.take('t', 1, '9')()
  expect(tracker.committable()).toEqual([{ topic: 't', partition: 1, offset: '10' }])
})

test('counts lag as available and unfinished messages by topic', () => {
  const tracker = createOffsetTracker()
  tracker.recordEnd('t', 0, '20')
  tracker.recordEnd('t', 1, '7')
  const finish = tracker.take('t', 0, '10')
  expect(tracker.lag()).toEqual(new Map([['t', 10]]))
  finish()
  expect(tracker.lag()).toEqual(new Map([['t', 9]]))
})

const classes = ['high', 'standard', 'low']

test('says how much is done ahead of the offset, and how far the higher classes are', () => {
  const tracker = createOffsetTracker(classes)
  // low, high, low, standard, high, high
  const finish = [2, 0, 2, 1, 0, 0].map((lane, index) => tracker.take('t', 0, String(10 + index), () => lane))
  const offsets = () => tracker.committable().map(({ offset, ahead }) => [offset, ahead && Object.fromEntries(ahead)])
  expect(offsets()).toEqual([['10', { high: 1, standard: 1 }]])
  finish[1]!()
  expect(offsets()).toEqual([['10', { high: 4, standard: 3, done: 1 }]])
  for (const index of [3, 4, 5]) finish[index]!()
  expect(offsets()).toEqual([['10', { high: 6, standard: 6, done: 4 }]])
  finish[0]!()
  expect(offsets()).toEqual([['12', { high: 4, standard: 4, done: 3 }]])
  finish[2]!()
  expect(offsets()).toEqual([['16', undefined]])
})

test('commits again when only a class has come further, and not before', () => {
  const tracker = createOffsetTracker(classes)
  const [, second, third] = [2, 0, 0].map((lane, index) => tracker.take('t', 0, String(index), () => lane))
  second!()
  tracker.committed(tracker.committable())
  expect(tracker.committable()).toEqual([])
  third!()
  const ahead = new Map(Object.entries({ high: 3, standard: 3, done: 2 }))
  expect(tracker.committable()).toEqual([{ topic: 't', partition: 0, offset: '0', ahead }])
})

test('commits nothing where nothing is done and no class is further', () => {
  const tracker = createOffsetTracker(classes)
  const finish = tracker.take('t', 0, '7')
  tracker.take('t', 0, '8', () => 2)
  expect(tracker.committable()).toEqual([])
  finish()
  const ahead = new Map(Object.entries({ high: 1, standard: 1 }))
  expect(tracker.committable()).toEqual([{ topic: 't', partition: 0, offset: '8', ahead }])
})
