import { expect, test } from 'vitest'
import { matches, sharedCaching } from './revalidation.ts'

test('a copy is the present one if one of the named tags is its tag, weak or not, or if any will do', () => {
  const etag = 'W/"abc"'
  for (const header of ['W/"abc"', '"abc"', '"old", W/"abc"', '*']) expect(matches(header, etag), header).toBe(true)
  for (const header of [undefined, '', '"abcd"', 'abc', 'W/abc', '"old"']) expect(matches(header, etag)).toBe(false)
})

test('a shared cache asks every time unless an age is given', () => {
  expect([sharedCaching(0), sharedCaching(60)]).toEqual(['public, no-cache', 'public, max-age=60'])
})
