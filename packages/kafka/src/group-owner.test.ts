import { expect, test } from 'vitest'
import { offsetMetadataOf, otherOwner } from './group-owner.ts'

test('offsets that name another database are of another shop, and those that name none are anybody’s', () => {
  expect(otherOwner([null, '', 'a note of somebody’s own'], ['a'])).toBeUndefined()
  expect(otherOwner([offsetMetadataOf('a'), null], ['a'])).toBeUndefined()
  expect(otherOwner([null, offsetMetadataOf('b'), offsetMetadataOf('a')], ['a'])).toBe('b')
  expect(otherOwner([offsetMetadataOf('b')], ['a', 'b'])).toBeUndefined()
})
