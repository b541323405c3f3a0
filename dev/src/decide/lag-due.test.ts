import { describe, expect, it } from 'vitest'
import { areEqual, isReadingDue, quietMs } from './lag-due.ts'
import type { OffsetsByGroup } from './lag-due.ts'

const lull = { ageMs: 4_000, unchangedReadings: 3, requested: false }

describe('the offsets', () => {
  it('are read at every poll while they change, and after a request to the gateway', () => {
    expect(isReadingDue({ ...lull, unchangedReadings: 0 })).toBe(true)
    expect(isReadingDue({ ...lull, unchangedReadings: 2 })).toBe(true)
    expect(isReadingDue({ ...lull, requested: true })).toBe(true)
  })

  it('are read seldom in a lull, and before an autoscaler decides', () => {
    expect(isReadingDue(lull)).toBe(false)
    expect(isReadingDue({ ...lull, ageMs: quietMs })).toBe(true)
    expect(quietMs).toBeLessThan(15_000)
  })
})

describe('two readings', () => {
  const partition = { topic: 'shop.orders.placed', low: 0, high: 7, committed: 7 }
  const reading = (change: object = {}, group = 'default.shop.orders'): OffsetsByGroup =>
    new Map([[group, [partition, { ...partition, ...change }]]])

  it('are equal where no offset of any partition differs', () => {
    expect(areEqual(reading(), reading())).toBe(true)
    expect(areEqual(new Map(), new Map())).toBe(true)
  })

  it.each([{ high: 8 }, { low: 1 }, { committed: 6 }, { committed: undefined }, { topic: 'shop.orders.status' }])(
    'differ where a partition does, as by %j',
    (change) => expect(areEqual(reading(), reading(change))).toBe(false),
  )

  it('differ where a group or a partition is only in one of them', () => {
    expect(areEqual(reading(), new Map())).toBe(false)
    expect(areEqual(reading(), reading({}, 'default.shop.payment'))).toBe(false)
    expect(areEqual(reading(), new Map([['default.shop.orders', [partition]]]))).toBe(false)
  })
})
