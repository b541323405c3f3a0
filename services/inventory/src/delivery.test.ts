// Is a delivery read as it was written, and a wrong one refused in words?
import { expect, test } from 'vitest'
import { deliveryOf } from './delivery.ts'

test('a delivery has a name and a number of pieces for each SKU', () => {
  expect(deliveryOf(['note-7', 'SKU-0001=50', 'SKU-0002=1'])).toEqual({
    name: 'note-7',
    pieces: new Map([
      ['SKU-0001', 50],
      ['SKU-0002', 1],
    ]),
  })
})

test.each([
  [[], 'usage: restock'],
  [['SKU-0001=5'], 'usage: restock'],
  [['note-7', 'SKU-0001'], 'found SKU-0001; allowed: restock'],
  [['note-7', 'SKU-0001=0'], 'found SKU-0001=0'],
  [['note-7', 'SKU-0001=1', 'SKU-0001=2'], 'found SKU-0001=2; allowed: restock <delivery>'],
])('refuses %j', (args, reason) => {
  expect(() => deliveryOf(args)).toThrow(reason)
})
