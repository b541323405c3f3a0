import { expect, test } from 'vitest'
import { codesADay, codesOfOthersADay, secondsUntilNextCode } from './code-limits.ts'

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

test('the codes of a customer count for all of their numbers', () => {
  const ages = Array.from({ length: codesADay }, (_, n) => 1_000 * (n + 1))
  const elsewhere = ages.map((ageSeconds) => ({ ofCustomer: true, ofPhone: false, ageSeconds }))
  expect(secondsUntilNextCode(elsewhere.slice(1))).toBe(0)
  expect(secondsUntilNextCode(elsewhere)).toBe(86_400 - 5_000)
})

test('the codes that others have had for the number do not take the first one of a customer', () => {
  const five = Array.from({ length: codesADay }, (_, n) => ofNumber(1_000 * (n + 1)))
  expect(secondsUntilNextCode(five)).toBe(0)
  expect(secondsUntilNextCode([...five, mine(900)])).toBe(86_400 - 5_000)
  expect(secondsUntilNextCode([...five.slice(1), mine(900)])).toBe(0)
  expect(secondsUntilNextCode([ofNumber(20), ...five])).toBe(40)
})

test('a number gets a bounded count of codes, also of customers who have had none', () => {
  const many = Array.from({ length: codesOfOthersADay }, (_, n) => ofNumber(1_000 * (n + 1)))
  expect(secondsUntilNextCode(many.slice(1))).toBe(0)
  expect(secondsUntilNextCode(many)).toBe(86_400 - 1_000 * codesOfOthersADay)
})
