// Do callers that wait for capacity learn of it, and does a wait in vain leave nothing in memory?
import { expect, test } from 'vitest'
import { createInFlightLimit } from './in-flight-limit.ts'

test('leaves no waiter in memory when capacity never comes', async () => {
  const limit = createInFlightLimit(10)
  for (let n = 0; n < 10; n++) limit.take()
  for (let attempt = 0; attempt < 20; attempt++) {
    await Promise.all(Array.from({ length: 100 }, () => limit.waitForCapacity(0)))
    expect(limit.waiting).toBe(0)
  }
  expect(limit.full).toBe(true)
})

test('wakes all waiters once a good part of the limit is free, not before', async () => {
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

test('a woken waiter goes on with or without capacity', async () => {
  const limit = createInFlightLimit(1)
  limit.take()
  const wait = limit.waitForCapacity(600_000)
  limit.wake()
  await wait
  expect(limit.waiting).toBe(0)
})
