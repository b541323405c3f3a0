import { expect, test } from 'vitest'
import { matches, sharedCaching } from './revalidation.ts'

test('matches a tag of the request, weak or strong, or the wildcard', () => {
  const etag = 'W/"abc"'
  for (const header of ['W/"abc"', '"abc"', '"old", W/"abc"', '*']) expect(matches(header, etag), header).toBe(true)
  for (const header of [undefined, '', '"abcd"', 'abc', 'W/abc', '"old"']) expect(matches(header, etag)).toBe(false)
})

test('a shared cache asks each time without a configured age', () => {
  expect([sharedCaching(0), sharedCaching(60)]).toEqual(['public, no-cache', 'public, max-age=60'])
})
