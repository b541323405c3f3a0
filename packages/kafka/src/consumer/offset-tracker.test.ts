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
