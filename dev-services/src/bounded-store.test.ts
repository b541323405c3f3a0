import { expect, it } from 'vitest'
import { BoundedStore } from './bounded-store.ts'

it('drops the oldest entries beyond its count and beyond its bytes', () => {
  const store = new BoundedStore<string>({ count: 3, bytes: 100 })
  for (const key of ['a', 'b', 'c', 'd']) store.put(key, key, 10)
  expect(store.newest(10)).toEqual(['d', 'c', 'b'])
  store.put('e', 'e', 85)
  expect(store.newest(10)).toEqual(['e', 'd'])
  expect([store.count, store.bytes, store.dropped]).toEqual([2, 95, 3])
})

it('keeps the age of an entry that grows', () => {
  const store = new BoundedStore<string>({ count: 10, bytes: 100 })
  store.put('a', 'a', 10)
  store.put('b', 'b', 10)
  store.put('a', 'A', 50)
  expect(store.newest(10)).toEqual(['b', 'A'])
  expect(store.bytes).toBe(60)
})

it('keeps no entry that is larger than all of it', () => {
  const store = new BoundedStore<string>({ count: 10, bytes: 100 })
  store.put('a', 'a', 101)
  expect([store.count, store.bytes, store.dropped]).toEqual([0, 0, 1])
})
