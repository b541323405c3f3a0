import { expect, test } from 'vitest'
import { createLimiter } from './limiter.ts'

test('bounds the number of counters whatever keys callers choose', async () => {
  const limiter = createLimiter({ name: 'customer', points: 1, windowSeconds: 3_600, redis: undefined, now: () => 0 })
  const keys = 70_000
  let acceptedCount = 0
  for (let n = 0; n < keys; n++) if ((await limiter.take(`customer-${n}`, 1)) === 0) acceptedCount++
  // One count for each key would have let every first request pass.
  expect(acceptedCount).toBeLessThanOrEqual(65_536)
  expect(acceptedCount).toBeGreaterThan(keys / 2)
})

test('counts a key alone while there are many counters', async () => {
  const limiter = createLimiter({ name: 'customer', points: 2, windowSeconds: 3_600, redis: undefined, now: () => 0 })
  const waits = [await limiter.take('one', 2), await limiter.take('one', 1), await limiter.take('another', 1)]
  expect(waits.map((ms) => ms > 0)).toEqual([false, true, false])
})
