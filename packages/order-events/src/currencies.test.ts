import { expect, test } from 'vitest'
import { amountText, minorUnitsOf } from './currencies.ts'

test.each([
  ['EUR', 2],
  ['JPY', 0],
  ['KWD', 3],
  ['CLF', 4],
  ['ALL', 2],
  ['IDR', 2],
])('%s has %i decimals as in ISO 4217', (currency, digits) => {
  expect(minorUnitsOf(currency)).toBe(digits)
})

test('writes an amount in minor units with its decimals', () => {
  expect(amountText(1999, 'EUR')).toBe('19.99 EUR')
  expect(amountText(1999, 'JPY')).toBe('1999 JPY')
  expect(amountText(1999, 'KWD')).toBe('1.999 KWD')
  expect(amountText(5, 'EUR')).toBe('0.05 EUR')
  expect(amountText(-5, 'KWD')).toBe('-0.005 KWD')
})
