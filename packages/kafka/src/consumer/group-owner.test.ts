import { expect, test } from 'vitest'
import { offsetMetadataOf, otherOwner } from './group-owner.ts'

test('refuses offsets of another database and accepts offsets without a name', () => {
  expect(otherOwner([null, '', 'a note of somebody’s own'], ['a'])).toBeUndefined()
  expect(otherOwner([offsetMetadataOf('a'), null], ['a'])).toBeUndefined()
  expect(otherOwner([null, offsetMetadataOf('b'), offsetMetadataOf('a')], ['a'])).toBe('b')
  expect(otherOwner([offsetMetadataOf('b')], ['a', 'b'])).toBeUndefined()
})
