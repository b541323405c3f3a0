// Is the guard set as the figures say, and is a time-out that is too short for its provider refused in words?
import { expect, test } from 'vitest'
import { providerOptions } from './config.ts'

const options = (env: Record<string, string>) => providerOptions({ PAYMENT_PROVIDER_URL: 'http://provider', ...env })

test('unless told otherwise a call has a second, three attempts, a hundred a second, and a breaker of ten', () => {
  expect(options({})).toEqual({
    url: 'http://provider',
    timeoutMs: 1_000,
    guard: {
      perSecond: 100,
      attempts: 3,
      backoffMs: 1_000,
      breaker: { window: 10, minCalls: 5, failureRate: 0.5, openMs: 30_000 },
    },
  })
})

test('a provider that is known to take long gets the time, and a time-out below that is refused', () => {
  expect(options({ PAYMENT_EXPECTED_MS: '3000' }).timeoutMs).toBe(6_000)
  expect(options({ PAYMENT_EXPECTED_MS: '100' }).timeoutMs).toBe(1_000)
  expect(() => options({ PAYMENT_EXPECTED_MS: '3000', PAYMENT_TIMEOUT_MS: '1000' })).toThrow(
    'PAYMENT_TIMEOUT_MS: found 1000; allowed: more than PAYMENT_EXPECTED_MS, which is 3000',
  )
  expect(() => options({ PAYMENT_BREAKER_WINDOW: '3' })).toThrow('PAYMENT_BREAKER_MIN_CALLS: found 5; allowed: up to')
})
