// Does an event about a product survive the wire under its SKU, and stay apart from events about
// orders?
import { expect, it } from 'vitest'
import { decode, decodeAny, encode } from './codec.ts'
import { isProductEvent, productEventOf } from './product-event.ts'

const context = { source: '/inventory', now: new Date('2026-01-02T03:04:05.678Z') }
const sku = 'SKU-0001'
const level = productEventOf('StockLevelChanged', { sku, available: 3, low: true, version: 7 }, context, '7')
const events = [
  level,
  productEventOf('StockLow', { sku, available: 3, lowBelow: 10, version: 7 }, context, '7'),
  productEventOf('StockReplenished', { sku, delivery: 'note-7', quantity: 50 }, context, 'note-7'),
  productEventOf('StockDelivered', { sku, delivery: 'note-7', quantity: 50 }, context, 'note-7'),
]

it.each(events)('decodes $type to what was encoded, keyed by SKU', (event) => {
  const { key, value, topic } = encode(event)
  expect(key).toBe(sku)
  expect(topic).toBe(event.type === 'StockDelivered' ? 'warehouse.deliveries' : 'inventory.stock')
  expect(JSON.parse(value)).toMatchObject({ subject: sku, time: context.now.toISOString() })
  expect(decodeAny(value)).toEqual(event)
  expect(isProductEvent(event)).toBe(true)
})

it('gives each change its own id, and its repeat the same one', () => {
  const again = productEventOf('StockLevelChanged', level.data, { ...context, now: new Date() }, '7')
  expect(again.id).toBe(level.id)
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
  expect(productEventOf('StockLevelChanged', level.data, context, '8').id).not.toBe(level.id)
})

it('the decoder of order events refuses a product event', () => {
  expect(() => decode(encode(level).value)).toThrow('StockLevelChanged is not about an order')
})
