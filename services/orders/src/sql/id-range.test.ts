// Is every id within its range, as PostgreSQL orders uuids?
import { randomUUID, randomUUIDv7 } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { idRange } from './id-range.ts'

function bytes(id: string) {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

test('ranges from the smallest to the greatest id, in any order and spelling', () => {
  const id = fc.oneof(
    fc.uuid(),
    fc.uuid().map((text) => text.toUpperCase()),
    fc.constant(0).map(() => randomUUIDv7()),
  )
  fc.assert(
    fc.property(fc.array(id, { minLength: 1, maxLength: 20 }), (ids) => {
      const sortedIds = [...ids].sort((a, b) => Buffer.compare(bytes(a), bytes(b)))
      const [least, greatest] = idRange(ids)
      expect(bytes(least)).toEqual(bytes(sortedIds[0] ?? ''))
      expect(bytes(greatest)).toEqual(bytes(sortedIds.at(-1) ?? ''))
    }),
  )
})

test('one id is its own range, and no ids give an empty range', () => {
  const id = randomUUID()
  expect(idRange([id])).toEqual([id, id])
  expect(new Set(idRange([])).size).toBe(1)
})
