// Does whoever waits for room in the window learn of it, and does waiting in vain leave nothing
// behind?
import { expect, test } from 'vitest'
import { createInFlightLimit } from './in-flight-limit.ts'

test('waiting for room that does not come leaves nothing in memory', async () => {
  const window = createInFlightLimit(10)
  for (let n = 0; n < 10; n++) window.take()
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 100 }, () => window.waitForCapacity(0)))
    expect(window.waiting).toBe(0)
  }
  expect(window.full).toBe(true)
})

test('all who wait go on when a good part of the window is free, and not before', async () => {
  const window = createInFlightLimit(10)
  for (let n = 0; n < 10; n++) window.take()
  let resolved = 0
  const waits = [1, 2].map(() => window.waitForCapacity(600_000).then(() => resolved++))
  window.release()
  await Promise.resolve()
  expect([resolved, window.waiting]).toEqual([0, 2])
  window.release()
  await Promise.all(waits)
  expect([resolved, window.waiting]).toEqual([2, 0])
})

test('one that is told to look again goes on, whether or not there is room', async () => {
  const window = createInFlightLimit(1)
  window.take()
  const wait = window.waitForCapacity(600_000)
  window.wake()
  await wait
  expect(window.waiting).toBe(0)
})
