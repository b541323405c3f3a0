import { expect, test } from 'vitest'
import { valueText } from './value-text.ts'

test('a small value is shown as its JSON', () => {
  expect(valueText({ sku: 'A', quantities: [1, null, true] })).toBe('{"sku":"A","quantities":[1,null,true]}')
  expect(valueText(undefined)).toBe('nothing')
  expect(valueText('text')).toBe('"text"')
})

test('a number that JSON cannot say is shown by its name, not as null', () => {
  expect(valueText(Number.POSITIVE_INFINITY)).toBe('"Infinity"')
  expect(valueText({ quantity: Number.NaN })).toBe('{"quantity":"NaN"}')
  expect(valueText(12n)).toBe('"12"')
})

test('lists and objects nested a hundred thousand levels deep are cut by depth and do not overflow the stack', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    const deep: unknown = JSON.parse(`${open.repeat(100_000)}1${close.repeat(100_000)}`)
    expect(valueText(deep).length).toBeLessThan(100)
    expect(valueText(deep)).toContain('…')
  }
})

test('a value that holds itself is cut by depth', () => {
  const round: Record<string, unknown> = {}
  round['self'] = round
  expect(valueText(round)).toBe('{"self":{"self":{"self":{"self":"…"}}}}')
})

test('a wide value is cut to the number of characters that are allowed', () => {
  const wide = Array.from({ length: 50 }, () => Array.from({ length: 50 }, () => 'x'.repeat(1_000)))
  expect(valueText(wide, { characters: 80 })).toHaveLength(81)
  expect(valueText('x'.repeat(5_000_000))).toHaveLength(101)
})
