import { expect, test } from 'vitest'
import { interArrivalMs, randomOrder, skewedIndex } from './arrivals.ts'
import { createLatencies } from './latencies.ts'
import { checkedTarget } from './target.ts'
import { createTracker } from './tracker.ts'
import { durationText, parsedDuration, parsedRate } from './units.ts'

/** Mulberry32: the same numbers every time. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

test('reads rates and times as people write them', () => {
  expect(['10000/min', '200/s', '200', '3600/h'].map(parsedRate)).toEqual([10_000 / 60, 200, 200, 1])
  expect(['3m', '1m30s', '500ms', '20'].map((text) => parsedDuration(text, '--for'))).toEqual([
    180_000, 90_000, 500, 20_000,
  ])
  expect(() => parsedRate('fast')).toThrow('--rate: found "fast"; allowed: such as 10000/min')
  expect(() => parsedDuration('3 days', '--for')).toThrow('--for: found "3 days"')
  expect([400, 42_000, 65_000, 3_900_000].map(durationText)).toEqual(['0.4s', '42s', '1m05s', '1h05m'])
})

test('sends load to this machine and private networks only, unless told otherwise', async () => {
  for (const url of ['http://127.0.0.1:30080', 'http://localhost:1', 'http://10.244.0.1', 'http://[::1]:80'])
    expect((await checkedTarget(url, false)).href).toContain('http')
  await expect(checkedTarget('http://93.184.216.34', false)).rejects.toThrow(
    'neither this machine nor a private network',
  )
  expect((await checkedTarget('http://93.184.216.34', true)).hostname).toBe('93.184.216.34')
  await expect(checkedTarget('ftp://localhost', false)).rejects.toThrow('--url: found')
})

test('orders arrive at random with the mean that was asked for', () => {
  const random = seeded(1)
  const gaps = Array.from({ length: 20_000 }, () => interArrivalMs(100, random()))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  expect(mean).toBeGreaterThan(9.7)
  expect(mean).toBeLessThan(10.3)
  expect(gaps.filter((gap) => gap > 30).length / gaps.length).toBeCloseTo(Math.exp(-3), 2)
})

test('some customers order more than others, and every order is one the gateway takes', () => {
  const random = seeded(2)
  const shop = { customers: 100, skus: 10, customerSkew: 2, skuSkew: 2 }
  const orders = Array.from({ length: 5_000 }, () => randomOrder(shop, random))
  const ofFirst = orders.filter((order) => order.customerId === 'customer-000001').length
  expect(ofFirst).toBeGreaterThan(400)
  expect(ofFirst).toBeLessThan(600)
  for (const { items } of orders) {
    expect(new Set(items.map((item) => item.sku)).size).toBe(items.length)
    for (const { sku, quantity } of items) {
      expect(sku).toMatch(/^SKU-00(0[1-9]|10)$/)
      expect(quantity).toBeGreaterThan(0)
    }
  }
  expect(skewedIndex(10, 1, 0.999999)).toBe(9)
  expect(randomOrder({ ...shop, skus: 1 }, random).items).toHaveLength(1)
})

test('percentiles are right within a percent', () => {
  const latencies = createLatencies()
  for (let value = 1; value <= 10_000; value++) latencies.add(value / 10)
  const { p50, p95, p99, max, count } = latencies.percentiles()
  expect([p50 / 500, p95 / 950, p99 / 990].every((ratio) => ratio > 0.99 && ratio < 1.011)).toBe(true)
  expect([max, count]).toEqual([1_000, 10_000])
})

test('an accepted order that is unknown twice is lost, and one with two endings is doubled', async () => {
  const at = { placedAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:02.500Z' }
  const known = new Map([
    ['a', { orderId: 'a', status: 'SHIPPED', terminalStates: 1, ...at }],
    ['b', { orderId: 'b', status: 'CANCELLED', reason: 'OUT_OF_STOCK', terminalStates: 2, ...at }],
    ['c', { orderId: 'c', status: 'PROCESSING', terminalStates: 0, ...at }],
  ])
  const tracker = createTracker(
    {
      post: () => Promise.resolve({ kind: 'refused', status: 500 }),
      statuses: (orders) => Promise.resolve(new Map(orders.map(({ orderId }) => [orderId, known.get(orderId)]))),
      lookedUpAtOnce: 1_000,
      close: () => Promise.resolve(),
    },
    10,
  )
  for (const id of ['a', 'b', 'c', 'gone']) tracker.add({ orderId: id, customerId: 'customer' })
  expect(await tracker.look()).toBe(2)
  expect(await tracker.look()).toBe(1)
  expect(tracker.outcomes()).toMatchObject({
    tracked: 4,
    shipped: 1,
    cancelled: { OUT_OF_STOCK: 1 },
    unfinished: 1,
    lost: 1,
    doubled: 1,
    endToEndMs: { count: 2, max: 2_500 },
  })
})
