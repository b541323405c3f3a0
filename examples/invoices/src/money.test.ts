// Are amounts written with the decimals of their currency?
import { expect, test } from 'vitest'
import { decimalText } from './money.ts'

test.each([
  [1_999, 'EUR', '19.99'],
  [5, 'EUR', '0.05'],
  [0, 'EUR', '0.00'],
  [-5, 'EUR', '-0.05'],
  [1_999, 'JPY', '1999'],
  [0, 'JPY', '0'],
  [1_999, 'KWD', '1.999'],
  [7, 'KWD', '0.007'],
  [12_345, 'CLF', '1.2345'],
])('%s minor units of %s are %s', (minor, currency, text) => {
  expect(decimalText(minor, currency)).toBe(text)
})
