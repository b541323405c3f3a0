// Do records travel in portions that a broker takes, in their order?
import { expect, test } from 'vitest'
import { bytesOf, chunksOf } from './chunks.ts'

function record(value: string) {
  return { topic: 't', key: 'k', value, headers: { a: 'b' } }
}

test('sends records in order in portions of bounded size, a large one alone', () => {
  const size = bytesOf(record('1234'))
  const records = ['aaaa', 'bbbb', 'cccc', 'd'.repeat(1_000), 'eeee'].map(record)
  expect(chunksOf(records, size * 2).map((chunk) => chunk.map(({ value }) => String(value)[0]))).toEqual([
    ['a', 'b'],
    ['c'],
    ['d'],
    ['e'],
  ])
  expect(chunksOf([])).toEqual([])
})

test('measures a record in bytes, not in characters', () => {
  expect(bytesOf(record('é'))).toBe(bytesOf(record('ee')))
  expect(bytesOf({ key: null, value: null, headers: {} })).toBeLessThan(100)
})
