// Is a parcel that comes back refunded only where the pipeline has the topics for it?
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
