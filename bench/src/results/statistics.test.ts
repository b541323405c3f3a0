import { expect, it } from 'vitest'
import { spreadOf } from './statistics.ts'

it('takes the middle value, and the mean of the two in the middle', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
  expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 })
  expect(() => spreadOf([])).toThrow(RangeError)
})
