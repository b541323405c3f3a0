import { expect, test } from 'vitest'
import { lowFirst, stateOf } from './stock.ts'
import type { StockLevel } from './stock.ts'

function level(sku: string, available: number, low = false): StockLevel {
  return { sku, available, low, updatedAt: '2026-01-02T03:04:05Z' }
}

test('what runs low comes first, and each product once', () => {
  const low = [level('B', 3, true), level('C', 0, true)]
  const all = [level('A', 50), ...low, level('D', 9)]
  expect(lowFirst(low, all).map(({ sku }) => sku)).toEqual(['B', 'C', 'A', 'D'])
})

test('a level is sold out, low or in stock', () => {
  expect([level('A', 0, true), level('A', 3, true), level('A', 3)].map(stateOf)).toEqual([
    'sold out',
    'low',
    'in stock',
  ])
})
