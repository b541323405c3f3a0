import { expect, test } from 'vitest'
import { codesADay, secondsUntilNextCode } from './code-limits.ts'

function mine(ageSeconds: number) {
  return { ofCustomer: true, ofPhone: true, ageSeconds }
}
function ofNumber(ageSeconds: number) {
  return { ofCustomer: false, ofPhone: true, ageSeconds }
}

test('a first code may be sent at once, and the next one a minute later', () => {
  expect(secondsUntilNextCode([])).toBe(0)
  expect(secondsUntilNextCode([mine(20)])).toBe(40)
  expect(secondsUntilNextCode([mine(60), mine(3_000)])).toBe(0)
})

test('after the codes of a day the next one waits until the oldest is a day old', () => {
  const ages = Array.from({ length: codesADay }, (_, n) => 1_000 * (n + 1))
  expect(secondsUntilNextCode(ages.map(mine))).toBe(86_400 - 5_000)
  expect(secondsUntilNextCode(ages.slice(1).map(mine))).toBe(0)
})

test('the codes that others have had sent to the number count, too', () => {
  const ages = Array.from({ length: codesADay }, (_, n) => 1_000 * (n + 1))
  expect(secondsUntilNextCode(ages.map(ofNumber))).toBe(86_400 - 5_000)
  const elsewhere = ages.map((ageSeconds) => ({ ofCustomer: true, ofPhone: false, ageSeconds }))
  expect(secondsUntilNextCode(elsewhere.slice(1))).toBe(0)
  expect(secondsUntilNextCode(elsewhere)).toBe(86_400 - 5_000)
})
