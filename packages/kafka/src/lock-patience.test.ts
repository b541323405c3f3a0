import { expect, test } from 'vitest'
import { createLockPatience, type LockPatience } from './lock-patience.ts'

const triesOf = (patience: LockPatience) => [patience.tries(false), patience.tries(true)]

test('a group is tried twice and its parts once while those that go through have not waited', () => {
  const patience = createLockPatience()
  expect(triesOf(patience)).toEqual([2, 1])
  patience.wentThrough(4_000)
  expect(triesOf(patience)).toEqual([2, 1])
  patience.stalled(5_000)
  patience.wentThrough(200)
  expect(triesOf(patience)).toEqual([2, 1])
})

test('it is tried more often where those that go through have queued, and less again once they do not', () => {
  const patience = createLockPatience()
  patience.stalled(5_000)
  patience.wentThrough(2_000)
  expect(triesOf(patience)).toEqual([4, 2])
  for (let n = 0; n < 5; n++) patience.wentThrough(4_900)
  expect(triesOf(patience)).toEqual([8, 4])
  patience.wentThrough(100)
  expect(triesOf(patience)).toEqual([7, 3])
  for (let n = 0; n < 9; n++) patience.wentThrough(100)
  expect(triesOf(patience)).toEqual([2, 1])
})
