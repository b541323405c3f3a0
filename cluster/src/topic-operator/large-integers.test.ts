import { expect, it } from 'vitest'
import { parseJson } from './large-integers.ts'

it('large integers keep all their digits', () => {
  const parsed = parseJson('{"large": 9223372036854775807, "small": 604800000, "part": 0.5}')
  expect(parsed).toEqual({ large: '9223372036854775807', small: 604800000, part: 0.5 })
})
