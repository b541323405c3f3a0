// Is the guard set as the figures say, and is a time-out that is too short for its provider refused
// in words?
import { expect, test } from 'vitest'
import { paymentConfig, publishesAdjustments } from './config.ts'

function options(env: Record<string, string>) {
  return paymentConfig({ PAYMENT_PROVIDER_URL: 'http://provider', ...env })
}

test('defaults to a second, three attempts, a hundred calls a second, a breaker of ten', () => {
  expect(options({})).toEqual({
    kind: 'simulator',
    url: 'http://provider',
    timeoutMs: 1_000,
    keyHours: 24,
    stageRate: undefined,
    webhook: undefined,
    reconcileAfterSeconds: 3_600,
    guard: {
      perSecond: 100,
      attempts: 3,
      backoffMs: 1_000,
      breaker: { window: 10, minCalls: 5, failureRate: 0.5, openMs: 30_000 },
    },
  })
})

test('gives a slow provider its time and refuses a shorter time-out', () => {
  expect(options({ PAYMENT_EXPECTED_MS: '3000' }).timeoutMs).toBe(6_000)
  expect(options({ PAYMENT_EXPECTED_MS: '100' }).timeoutMs).toBe(1_000)
  expect(() => options({ PAYMENT_EXPECTED_MS: '3000', PAYMENT_TIMEOUT_MS: '1000' })).toThrow(
    'PAYMENT_TIMEOUT_MS: found 1000; allowed: more than PAYMENT_EXPECTED_MS, which is 3000',
  )
  expect(() => options({ PAYMENT_BREAKER_WINDOW: '3' })).toThrow('PAYMENT_BREAKER_MIN_CALLS: found 5; allowed: up to')
})

test('accepts a path in the provider’s URL and refuses credentials there', () => {
  expect(options({ PAYMENT_PROVIDER_URL: 'https://provider/api', PAYMENT_PROVIDER_TOKEN: 'secret\n' })).toMatchObject({
    url: 'https://provider/api',
    token: 'secret',
  })
  expect(() => options({ PAYMENT_PROVIDER_URL: 'https://user:pass@provider' })).toThrow(
    'PAYMENT_PROVIDER_URL: found a user or a password; allowed: neither (use PAYMENT_PROVIDER_TOKEN)',
  )
  expect(() => options({ PAYMENT_PROVIDER_URL: 'https://provider/?key=1' })).toThrow('found a query or a fragment')
  expect(() => options({ PAYMENT_PROVIDER_TOKEN: 'two words' })).toThrow(
    'PAYMENT_PROVIDER_TOKEN: found a value of 9 characters (not shown)',
  )
})

test('Stripe needs its key alone, and is called below its account’s limit', () => {
  const stripe = { PAYMENT_PROVIDER: 'stripe', PAYMENT_PROVIDER_TOKEN: 'sk_live_1' }
  expect(paymentConfig(stripe)).toMatchObject({
    kind: 'stripe',
    url: 'https://api.stripe.com',
    token: 'sk_live_1',
    timeoutMs: 20_000,
    stageRate: 80,
    webhook: undefined,
  })
  expect(paymentConfig({ ...stripe, PAYMENT_WEBHOOK_SECRET: 'whsec_1, whsec_2' }).webhook).toEqual({
    port: 8081,
    host: '0.0.0.0',
    secrets: ['whsec_1', 'whsec_2'],
  })
  // The stage's own record of intents ends after 31 days.
  const keyHours = { PAYMENT_PROVIDER_KEY_HOURS: '8760' }
  expect([paymentConfig({ ...stripe, ...keyHours }).keyHours, options(keyHours).keyHours]).toEqual([720, 8_760])
  expect(() => paymentConfig({ PAYMENT_PROVIDER: 'stripe' })).toThrow('PAYMENT_PROVIDER_TOKEN: found nothing')
  expect(() => paymentConfig({})).toThrow('PAYMENT_PROVIDER_URL: found nothing')
  expect(() => paymentConfig({ PAYMENT_PROVIDER: 'paypal' })).toThrow('allowed: one of simulator, stripe')
  expect(() => options({ PAYMENT_WEBHOOK_SECRET: 'whsec_1' })).toThrow('only with PAYMENT_PROVIDER=stripe')
})

test('requests for refunds of parts need a topic for what becomes of them', () => {
  const topics = (consumed: string, emitted: string) => ({
    consumes: (topic: string) => topic === consumed,
    emits: (topic: string) => topic === emitted,
  })
  expect(publishesAdjustments(topics('orders.refunds', 'payment.adjusted'))).toBe(true)
  expect(publishesAdjustments(topics('orders.cancelled', 'payment.processed'))).toBe(false)
  expect(() => publishesAdjustments(topics('orders.refunds', 'payment.processed'))).toThrow(
    'KAFKA_EMIT_TOPICS: found no payment.adjusted; allowed: with payment.adjusted',
  )
})
