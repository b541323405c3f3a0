import { expect, test } from 'vitest'
import { fetchProgress } from './fetch-progress.ts'

function progressAt(clock: { now: number }) {
  return fetchProgress(() => clock.now)
}

test('a broker that is asked again and again without an answer is stuck since the first time', () => {
  const clock = { now: 1_000 }
  const progress = progressAt(clock)
  progress.started(1)
  clock.now = 31_000
  progress.started(1)
  expect(progress.stuckForMs()).toBe(0)
  clock.now = 61_000
  progress.started(1)
  expect(progress.stuckForMs()).toBe(60_000)
})

test('a long wait for one answer is not stuck, nor is a broker that answers after failures', () => {
  const clock = { now: 0 }
  const progress = progressAt(clock)
  progress.started(1)
  clock.now = 600_000
  expect(progress.stuckForMs()).toBe(0)
  progress.started(1)
  progress.started(1)
  progress.answered(1)
  progress.started(1)
  expect(progress.stuckForMs()).toBe(0)
})

test('the answers of one broker do not hide that another gives none', () => {
  const clock = { now: 0 }
  const progress = progressAt(clock)
  for (clock.now = 0; clock.now <= 90_000; clock.now += 30_000) {
    progress.started(2)
    progress.started(1)
    progress.answered(1)
  }
  expect(progress.stuckForMs()).toBe(120_000)
  progress.reset()
  expect(progress.stuckForMs()).toBe(0)
})
