// Do the numbers of a series go on by one, and begin again with the year?
import { expect, test } from 'vitest'
import { dayBefore, dayOf, isDay } from './calendar.ts'
import { nextNumber, numberText } from './numbers.ts'

const counter = { series: 'INV', year: 2026, lastNumber: 41, lastDay: '2026-12-31' }

test('the next number follows the last one', () => {
  const next = nextNumber(counter, 'INV', '2026-12-31')
  expect(numberText(next.given)).toBe('INV-2026-000042')
  expect(next.counter).toEqual({ ...counter, lastNumber: 42 })
})

test('a series begins with 1, and so does every year', () => {
  expect(numberText(nextNumber(undefined, 'CN', '2026-03-04').given)).toBe('CN-2026-000001')
  const next = nextNumber(counter, 'INV', '2027-01-01')
  expect(numberText(next.given)).toBe('INV-2027-000001')
  expect(next.counter).toEqual({ series: 'INV', year: 2027, lastNumber: 1, lastDay: '2027-01-01' })
})

test('a replica whose clock is behind gives the date of the document before', () => {
  const { given } = nextNumber({ ...counter, year: 2027, lastNumber: 3, lastDay: '2027-01-01' }, 'INV', '2026-12-31')
  expect(given).toEqual({ series: 'INV', year: 2027, number: 4, issuedOn: '2027-01-01' })
})

test('a day begins where the books are kept', () => {
  const instant = new Date('2026-12-31T23:30:00Z')
  expect(dayOf(instant, 'UTC')).toBe('2026-12-31')
  expect(dayOf(instant, 'Europe/Berlin')).toBe('2027-01-01')
  expect(dayOf(instant, 'America/New_York')).toBe('2026-12-31')
  expect(dayBefore('2027-01-01')).toBe('2026-12-31')
  expect(['2026-02-29', '2026-13-01', '26-01-01', '2026-1-1', 'x'].filter(isDay)).toEqual([])
  expect(isDay('2028-02-29')).toBe(true)
})
