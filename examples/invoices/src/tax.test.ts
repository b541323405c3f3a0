// Does each product get the rate of its country, and each line whole minor units of tax?
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { percentText, rateFor, ratesOf, taxIn } from './tax.ts'

const rates = ratesOf('DE=19 DE:BOOK-=7, DE:BOOK-E=19 CA=9.975 *=0')

test.each([
  ['DE', 'SKU-0001', '19'],
  ['DE', 'BOOK-0001', '7'],
  ['DE', 'BOOK-E001', '19'],
  ['CA', 'BOOK-0001', '9.975'],
  ['FR', 'BOOK-0001', '0'],
])('in %s the rate of %s is %s %%', (country, sku, percent) => {
  expect(percentText(rateFor(rates, country, sku) ?? -1)).toBe(percent)
})

test('a country that the table does not name has no rate', () => {
  expect(rateFor(ratesOf('DE=19 AT:BOOK-=10'), 'FR', 'SKU-0001')).toBeUndefined()
  expect(rateFor(ratesOf('DE=19 AT:BOOK-=10'), 'AT', 'SKU-0001')).toBeUndefined()
  expect(rateFor(ratesOf('AT:BOOK-=10 *=20'), 'AT', 'SKU-0001')).toBe(20_000)
})

test.each(['DE', 'de=19', 'DE=100', 'DE=1.2345', 'DE=-1', 'DE:=7', 'DE=19 AT=x'])('refuses the table %s', (text) => {
  expect(() => ratesOf(text)).toThrow('is no rate; allowed: DE=19')
})

test('refuses two rates for the same products', () => {
  expect(() => ratesOf('DE=19 DE=7')).toThrow('there are two rates for DE')
})

test.each([
  [11_900, 19, 1_900],
  [1, 19, 0],
  [3, 20, 1], // 0.5 exactly
  [100, 7, 7], // 6.54
  [1_000, 0, 0],
  [500_000_000_000_000, 19, 79_831_932_773_109],
])('%s minor units at %s %% have %s of tax in them', (gross, percent, tax) => {
  expect(taxIn(gross, percent * 1_000)).toBe(tax)
})

test('the tax of any price is within half a minor unit of the exact one', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 99_999 }), (gross, rate) => {
      const off = BigInt(taxIn(gross, rate)) * BigInt(100_000 + rate) - BigInt(gross) * BigInt(rate)
      expect(2n * (off < 0n ? -off : off)).toBeLessThanOrEqual(BigInt(100_000 + rate))
    }),
  )
})
