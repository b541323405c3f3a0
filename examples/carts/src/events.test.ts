// Are the events of the shop and the storefront read, and does a repeat have the same id?
import { expect, test } from 'vitest'
import { abandoned, changed, closed, shopEventOf, UndecodableError, viewed } from './events.ts'

const now = new Date('2026-03-01T00:00:00Z')
const cart = { cartId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', customerId: 'ada' }

test('reads what it has published for the storefront', () => {
  const items = [{ sku: 'TEA', quantity: 2 }]
  expect(shopEventOf(Buffer.from(viewed('ada', 'TEA', now)))).toEqual({
    kind: 'viewed',
    customerId: 'ada',
    sku: 'TEA',
    at: now,
  })
  expect(shopEventOf(Buffer.from(changed('ada', items, now)))).toEqual({
    kind: 'changed',
    customerId: 'ada',
    items,
    at: now,
  })
})

test('an event about a cart has the same id however often it is published', () => {
  const [one, again] = [now, new Date(0)].map((at) => JSON.parse(closed(cart, at)) as { id: string })
  const { id } = JSON.parse(abandoned({ ...cart, items: [] }, now)) as { id: string }
  expect(one?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect([again?.id === one?.id, id === one?.id]).toEqual([true, false])
})

test('passes over events of others, and says what is wrong with its own', () => {
  const other = { ...(JSON.parse(viewed('ada', 'TEA', now)) as object), type: 'com.example.other.v1' }
  expect(shopEventOf(Buffer.from(JSON.stringify(other)))).toBeUndefined()
  const wrong = [null, 'no JSON', '[]', viewed('ada', 'not a SKU', now)]
  const reasons = wrong.map((value) => {
    try {
      return shopEventOf(value === null ? null : Buffer.from(value))
    } catch (error) {
      return error instanceof UndecodableError ? error.reason : error
    }
  })
  expect(reasons).toEqual(['NotJson', 'NotJson', 'NotACloudEvent', 'InvalidData'])
})
