// Does the simulated provider decline, wait and fail at the configured rates?
import { expect, test } from 'vitest'
import { declineReason, delayMs, failureOf } from './behaviour.ts'

const calm = { latencyMs: 100, jitterMs: 20, errorRate: 0, declineRate: 0 }

test('a decline depends on the key only, at about the configured rate', () => {
  const keys = Array.from({ length: 2_000 }, (_, index) => `key-${index}`)
  const declinedKeys = keys.filter((key) => declineReason(key, { declineRate: 0.2 }) !== undefined)
  expect(declinedKeys.length).toBeGreaterThan(340)
  expect(declinedKeys.length).toBeLessThan(460)
  expect(declinedKeys.every((key) => declineReason(key, { declineRate: 0.5 }) === 'insufficient_funds')).toBe(true)
  expect(keys.filter((key) => declineReason(key, calm))).toEqual([])
  expect(keys.filter((key) => !declineReason(key, { declineRate: 1 }))).toEqual([])
})

test('latency stays within its jitter and never below 0', () => {
  expect([0, 0.5, 1].map((random) => delayMs(calm, random))).toEqual([80, 100, 120])
  expect(delayMs({ ...calm, latencyMs: 5 }, 0)).toBe(0)
})

test('half of the errors come after the charge', () => {
  const flaky = { ...calm, errorRate: 0.4 }
  expect([0, 0.19, 0.2, 0.39, 0.4].map((random) => failureOf(flaky, random))).toEqual([
    'before charging',
    'before charging',
    'after charging',
    'after charging',
    undefined,
  ])
})
