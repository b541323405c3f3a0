import { expect, test } from 'vitest'
import { newOrder } from './new-order.ts'
import type { OrderRequest } from './new-order.ts'
import { priced } from './pricing.ts'

const prices = new Map([
  [
    'A',
    new Map([
      ['EUR', 1999],
      ['JPY', 3200],
    ]),
  ],
  ['B', new Map([['EUR', 50]])],
])
function order(more: Partial<OrderRequest> = {}) {
  return newOrder(
    {
      customerId: 'c',
      currency: 'EUR',
      items: [
        { sku: 'A', quantity: 2 },
        { sku: 'B', quantity: 3 },
      ],
      ...more,
    },
    '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f',
    new Date(0),
  )
}

test('prices the lines of an order in its currency and adds them up', () => {
  expect(priced(order(), prices)).toMatchObject({ unitPrices: [1999, 50], totalCents: 4148 })
  expect(priced(order({ currency: 'JPY', items: [{ sku: 'A', quantity: 1 }] }), prices)).toMatchObject({
    totalCents: 3200,
  })
})

test('refuses a product not sold in the currency, and names its line and currencies', () => {
  const items = [
    { sku: 'A', quantity: 1 },
    { sku: 'B', quantity: 1 },
    { sku: 'Z', quantity: 1 },
  ]
  expect(priced(order({ currency: 'JPY', items }), prices)).toMatchObject({
    name: 'ItemsNotSoldError',
    items: [
      { line: 1, sku: 'B', currency: 'JPY', currencies: ['EUR'] },
      { line: 2, sku: 'Z', currency: 'JPY', currencies: [] },
    ],
  })
})

test('refuses another total than the expected one and accepts the same', () => {
  expect(priced(order({ expectedTotalCents: 4148 }), prices)).toMatchObject({ totalCents: 4148 })
  expect(priced(order({ expectedTotalCents: 4147 }), prices)).toMatchObject({
    name: 'TotalChangedError',
    expectedCents: 4147,
    totalCents: 4148,
    message: 'the total of the order is 41.48 EUR now',
  })
})
