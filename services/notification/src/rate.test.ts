// Does a replica keep the rate of its channel, and do messages about orders get their part first?
import { expect, test } from 'vitest'
import { createRate } from './rate.ts'

test('allows what a second allows, and fills up again', () => {
  let now = 0
  const rate = createRate(10, () => now)
  expect([rate.take(20, 'order'), rate.take(20, 'order')]).toEqual([10, 0])
  now = 500
  expect(rate.take(20, 'order')).toBe(5)
  now = 60_000
  expect(rate.take(20, 'order')).toBe(10)
})

test('marketing leaves a half for messages about orders', () => {
  const rate = createRate(10, () => 0)
  expect([rate.take(20, 'marketing'), rate.take(20, 'marketing')]).toEqual([5, 0])
  expect(rate.take(20, 'order')).toBe(5)
})

test('marketing leaves a message for orders at any rate', () => {
  for (const perSecond of [0.01, 0.5, 1, 1.5, 2, 3]) {
    const rate = createRate(perSecond, () => 0)
    rate.take(20, 'marketing')
    expect(rate.take(1, 'order'), `${perSecond} a second`).toBe(1)
  }
})

test('marketing gets its turn at a rate below one a second', () => {
  let now = 0
  const rate = createRate(0.5, () => now)
  expect([rate.take(20, 'marketing'), rate.take(20, 'marketing')]).toEqual([1, 0])
  now = 2_000
  expect(rate.take(20, 'marketing')).toBe(1)
})

test('a flood of codes leaves a part for messages about orders, and marketing leaves one for codes', () => {
  const rate = createRate(8, () => 0)
  expect([rate.take(20, 'marketing'), rate.take(20, 'code'), rate.take(20, 'code')]).toEqual([4, 2, 0])
  expect(rate.take(20, 'order')).toBe(2)
  for (const perSecond of [0.01, 0.5, 1, 1.5, 2, 3]) {
    const slow = createRate(perSecond, () => 0)
    slow.take(20, 'code')
    expect(slow.take(1, 'order'), `${perSecond} a second`).toBe(1)
  }
})

test('what was not used can be taken again', () => {
  const rate = createRate(10, () => 0)
  rate.giveBack(rate.take(10, 'order') - 3)
  expect(rate.take(10, 'order')).toBe(7)
})
