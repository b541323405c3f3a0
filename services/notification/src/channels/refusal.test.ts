// Can what the other side says of a message be logged?
import { expect, test } from 'vitest'
import { withoutAddress } from './refusal.ts'

test('an answer that names the address is kept without it', () => {
  expect(withoutAddress('550 5.1.1 <Ada@Home.example>: unknown', 'ada@home.example')).toBe(
    '550 5.1.1 <(recipient)>: unknown',
  )
  expect(withoutAddress(`Invalid 'To' Phone Number: 4915112345678`, '+4915112345678')).toBe(
    `Invalid 'To' Phone Number: (recipient)`,
  )
  expect(withoutAddress('no route https://push.example/abc.d+e', 'https://push.example/abc.d+e')).toBe(
    'no route (recipient)',
  )
})

test('an answer that names no address is kept as it is', () => {
  expect(withoutAddress('429 too many requests', '+4915112345678')).toBe('429 too many requests')
  expect(withoutAddress('429 too many requests', '')).toBe('429 too many requests')
})
