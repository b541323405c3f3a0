import { expect, test } from 'vitest'
import { valueText } from './value-text.ts'

test('shows a small value as its JSON', () => {
  expect(valueText({ sku: 'A', quantities: [1, null, true] })).toBe('{"sku":"A","quantities":[1,null,true]}')
  expect(valueText(undefined)).toBe('nothing')
  expect(valueText('text')).toBe('"text"')
})

test('shows a number without a JSON form by its name', () => {
  expect(valueText(Number.POSITIVE_INFINITY)).toBe('"Infinity"')
  expect(valueText({ quantity: Number.NaN })).toBe('{"quantity":"NaN"}')
  expect(valueText(12n)).toBe('"12"')
})

test('cuts lists and objects nested a hundred thousand levels deep by depth', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    const deep: unknown = JSON.parse(`${open.repeat(100_000)}1${close.repeat(100_000)}`)
    expect(valueText(deep).length).toBeLessThan(100)
    expect(valueText(deep)).toContain('…')
  }
})

test('cuts a circular value by depth', () => {
  const round: Record<string, unknown> = {}
  round['self'] = round
  expect(valueText(round)).toBe('{"self":{"self":{"self":{"self":"…"}}}}')
})

test('cuts a wide value to the allowed number of characters', () => {
  const wide = Array.from({ length: 50 }, () => Array.from({ length: 50 }, () => 'x'.repeat(1_000)))
  expect(valueText(wide, { characters: 80 })).toHaveLength(81)
  expect(valueText('x'.repeat(5_000_000))).toHaveLength(101)
})
