import { expect, test } from 'vitest'
import { createLockPatience } from './lock-patience.ts'
import type { LockPatience } from './lock-patience.ts'

function triesOf(patience: LockPatience) {
  return [patience.tries(false), patience.tries(true)]
}

test('tries a group twice and its parts once without lock waits of others', () => {
  const patience = createLockPatience()
  expect(triesOf(patience)).toEqual([2, 1])
  patience.wentThrough(4_000)
  expect(triesOf(patience)).toEqual([2, 1])
  patience.stalled(5_000)
  patience.wentThrough(200)
  expect(triesOf(patience)).toEqual([2, 1])
})

test('tries more often while successful groups queued, and less again after', () => {
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
