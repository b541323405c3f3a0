// Does the stage hold orders back only where it can also pass them on?
import { expect, test } from 'vitest'
import { ConfigError, fraudCheckConfig, topicsOfHolds } from './config.ts'

const required = {
  ...{ ORDERPIPELINE_PIPELINE: 'shop', ORDERPIPELINE_STAGE: 'fraud-check', DATABASE_URL: 'postgres://a:b@c/d' },
  ...{ KAFKA_BOOTSTRAP_SERVERS: 'localhost:9092', KAFKA_GROUP_ID: 'g', KAFKA_CONSUME_TOPICS: 'shop.inventory.updated' },
  KAFKA_DEAD_LETTER_TOPIC: 'shop.fraud-check.dead-letters',
}
function emitting(topics: string) {
  return topicsOfHolds(fraudCheckConfig({ ...required, KAFKA_EMIT_TOPICS: topics }).KAFKA_EMIT_TOPICS)
}

test('only says what it suspects with one topic, and holds orders with two', () => {
  expect(emitting('shop.orders.suspected')).toBeUndefined()
  const topics = { holds: 'shop.orders.holds', cleared: 'shop.payment.cleared' }
  expect(emitting('shop.orders.holds,shop.payment.cleared')).toEqual(topics)
  expect(emitting('shop.payment.cleared,shop.orders.holds')).toEqual(topics)
})

test.each(['shop.orders.holds,shop.orders.suspected', 'a,b,c', ''])('refuses to emit %j', (topics) => {
  expect(() => emitting(topics)).toThrow(ConfigError)
  expect(() => emitting(topics)).toThrow('KAFKA_EMIT_TOPICS: ')
})
