import { expect, test } from 'vitest'
import { minorUnitsFromStripe, stripeAmountOf } from './amounts.ts'

test.each([
  ['EUR', 1999, 1999],
  ['JPY', 1999, 1999],
  ['KWD', 1990, 1990],
  ['ISK', 1999, 199_900],
  ['UGX', 5, 500],
  ['MGA', 1900, 19],
  ['HUF', 1999, 1999],
])('%s %i is charged as %i and read back unchanged', (currency, minor, amount) => {
  expect(stripeAmountOf(minor, currency)).toEqual({ amount })
  expect(minorUnitsFromStripe(amount, currency)).toBe(minor)
})

test.each([
  ['KWD', 1999, 'KWD 1999 does not end in 0'],
  ['IQD', 1999, 'IQD 1999 has more decimals'],
  ['MGA', 1999, 'MGA 1999 has more decimals'],
])('%s %i is refused and not rounded', (currency, minor, refusal) => {
  expect(stripeAmountOf(minor, currency)).toMatchObject({ refusal: expect.stringContaining(refusal) as string })
})
