// Do callers that wait for capacity learn of it, and does a wait in vain leave nothing in memory?
import { expect, test } from 'vitest'
import { createInFlightLimit } from './in-flight-limit.ts'

test('waiting for room that does not come leaves nothing in memory', async () => {
  const limit = createInFlightLimit(10)
  for (let n = 0; n < 10; n++) limit.take()
  for (let attempt = 0; attempt < 20; attempt++) {
    await Promise.all(Array.from({ length: 100 }, () => limit.waitForCapacity(0)))
    expect(limit.waiting).toBe(0)
  }
  expect(limit.full).toBe(true)
})

test('all who wait go on when a good part of the window is free, and not before', async () => {
  const limit = createInFlightLimit(10)
  for (let n = 0; n < 10; n++) limit.take()
  let resolvedCount = 0
  const waits = [1, 2].map(() => limit.waitForCapacity(600_000).then(() => resolvedCount++))
  limit.release()
  await Promise.resolve()
  expect([resolvedCount, limit.waiting]).toEqual([0, 2])
  limit.release()
  await Promise.all(waits)
  expect([resolvedCount, limit.waiting]).toEqual([2, 0])
})

test('one that is told to look again goes on, whether or not there is room', async () => {
  const limit = createInFlightLimit(1)
  limit.take()
  const wait = limit.waitForCapacity(600_000)
  limit.wake()
  await wait
  expect(limit.waiting).toBe(0)
})
