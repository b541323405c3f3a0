// Does the environment say how long orders wait, what becomes of those that are held, and what is
// refunded of a parcel that comes back, where the pipeline has the topics for it?
import { expect, test } from 'vitest'
import { ordersConfig, refundsParts } from './config.ts'

function topics(consumed: string, emitted: string) {
  return { consumes: (topic: string) => topic === consumed, emits: (topic: string) => topic === emitted }
}

test('requests for refunds of parts need a topic for what becomes of them', () => {
  expect(refundsParts(topics('payment.adjusted', 'orders.refunds'))).toBe(true)
  expect(refundsParts(topics('payment.processed', 'orders.status'))).toBe(false)
  expect(() => refundsParts(topics('payment.processed', 'orders.refunds'))).toThrow(
    'KAFKA_CONSUME_TOPICS: found no payment.adjusted; allowed: with payment.adjusted',
  )
})

test('the SKUs that are no goods come from the environment', () => {
  expect(ordersConfig({}).returns).toBeUndefined()
  expect(ordersConfig({}, true).returns).toEqual({ keptSkus: [] })
  expect(ordersConfig({ ORDER_RETURN_KEPT_SKUS: 'SHIPPING, GIFT-WRAP' }, true).returns).toEqual({
    keptSkus: ['SHIPPING', 'GIFT-WRAP'],
  })
})

test('cancels held orders after a day unless the environment says otherwise', () => {
  expect(ordersConfig({}).holds).toEqual({ seconds: 86_400, atDue: 'CANCEL' })
  const env = { ORDER_HOLD_SECONDS: '3600', ORDER_HOLD_AT_DUE: 'release' }
  expect(ordersConfig(env).holds).toEqual({ seconds: 3_600, atDue: 'RELEASE' })
})

test.each([
  ['ORDER_HOLD_SECONDS', '1814401'],
  ['ORDER_HOLD_SECONDS', '0'],
  ['ORDER_HOLD_AT_DUE', 'keep'],
])('refuses %s=%s with its name', (name, value) => {
  expect(() => ordersConfig({ [name]: value })).toThrow(new RegExp(`^${name}: found`))
})
