import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { arrivalTimes, interArrivalMs, orderBodies } from './arrivals.ts'
import { seeded } from './random.ts'
import { shape, shapeNames } from './trace/shapes.ts'
import { traceIn } from './trace/trace-text.ts'
import { endOf, ordersIn } from './trace/trace.ts'
import type { Trace } from './trace/trace.ts'
import { zipf } from './zipf.ts'

const minute = 60_000
function example(name: string): Trace {
  return traceIn(readFileSync(join(import.meta.dirname, '..', '..', 'examples', 'traces', name), 'utf8'))
}
const traces: [string, Trace][] = [
  ...shapeNames.map((name): [string, Trace] => [name, shape(name, 2_000, minute)]),
  ['examples/traces/burst.csv', example('burst.csv')],
  ['examples/traces/lunch.json', example('lunch.json')],
]
/**
 * Expected number of orders at each of the moments, computed independently of the code that draws
 * them.
 */
function expectedBy(trace: Trace, at: number): number {
  return trace.reduce((sum, { fromMs, toMs, orders }) => {
    const share = toMs === fromMs ? Number(at > fromMs) : Math.min(1, Math.max(0, (at - fromMs) / (toMs - fromMs)))
    return sum + share * orders
  }, 0)
}

test('orders arrive at random with the requested mean', () => {
  const random = seeded(1)
  const gaps = Array.from({ length: 20_000 }, () => interArrivalMs(100, random()))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  expect(mean).toBeGreaterThan(9.7)
  expect(mean).toBeLessThan(10.3)
  expect(gaps.filter((gap) => gap > 30).length / gaps.length).toBeCloseTo(Math.exp(-3), 2)
})

test.each(traces)('arrivals follow %s as a Poisson process in each part', (_, trace) => {
  const times = [...arrivalTimes(trace, seeded(7))]
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(times.at(-1)).toBeLessThanOrEqual(endOf(trace))
  const bins = 200
  const width = endOf(trace) / bins
  const scores = Array.from({ length: bins }, (_none, bin) => {
    const [from, to] = [bin * width, (bin + 1) * width]
    const expected = expectedBy(trace, to) - expectedBy(trace, from)
    const came = times.filter((at) => at >= from && at < to).length
    if (expected < 1e-9) expect(came).toBe(0)
    return expected < 20 ? undefined : (came - expected) / Math.sqrt(expected)
  }).filter((score) => score !== undefined)
  expect(scores.length).toBeGreaterThan(90)
  expect(Math.max(...scores.map(Math.abs))).toBeLessThan(4.5)
  // As far from the expected number as chance allows: 1 on average, within four standard errors.
  const dispersion = scores.reduce((sum, score) => sum + score * score, 0) / scores.length
  expect(Math.abs(dispersion - 1)).toBeLessThan(4 * Math.sqrt(2 / scores.length))
  expect(Math.abs(times.length - ordersIn(trace))).toBeLessThan(4 * Math.sqrt(ordersIn(trace)))
})

test('orders of one moment arrive in that moment, and a quiet time has none', () => {
  const trace = [
    { fromMs: 0, toMs: 1_000, orders: 0 },
    { fromMs: 1_000, toMs: 1_000, orders: 50 },
    { fromMs: 1_000, toMs: 2_000, orders: 0 },
  ]
  const times = [...arrivalTimes(trace, seeded(3))]
  expect(times.length).toBeGreaterThan(20)
  expect(new Set(times)).toEqual(new Set([1_000]))
  expect([...arrivalTimes([], seeded(3))]).toEqual([])
})

test.each([0, 0.2, 0.5, 1, 1.7])('with exponent %d rank k occurs in proportion to 1/k^s', (exponent) => {
  const [count, draws, random] = [50, 200_000, seeded(11)]
  const next = zipf(count, exponent)
  const came = new Array<number>(count).fill(0)
  for (let draw = 0; draw < draws; draw++) {
    const rank = next(random)
    came[rank] = (came[rank] ?? 0) + 1
  }
  const weights = came.map((_none, rank) => (rank + 1) ** -exponent)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const scores = came.map((n, rank) => {
    const expected = (draws * (weights[rank] ?? 0)) / total
    return (n - expected) / Math.sqrt(expected)
  })
  expect(Math.max(...scores.map(Math.abs))).toBeLessThan(4.5)
})

test('a rank of one is always the first, and ten million cost no more than ten', () => {
  const random = seeded(5)
  expect(new Set(Array.from({ length: 100 }, () => zipf(1, 1)(random)))).toEqual(new Set([0]))
  const next = zipf(10_000_000, 0.2)
  const ranks = Array.from({ length: 10_000 }, () => next(random))
  expect(Math.min(...ranks)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...ranks)).toBeLessThan(10_000_000)
  expect(Math.max(...ranks)).toBeGreaterThan(9_900_000)
})

test('some customers order more than others, and the gateway accepts every order', () => {
  const next = orderBodies({ customers: 100, skus: 10, customerSkew: 0.5, skuSkew: 0.5 }, seeded(2))
  const orders = Array.from({ length: 5_000 }, next)
  const ofFirst = orders.filter((order) => order.customerId === 'customer-000001').length
  expect(ofFirst).toBeGreaterThan(220) // 1 / (1 + 1/√2 + … + 1/√100) is 5.4 %
  expect(ofFirst).toBeLessThan(320)
  for (const { items } of orders) {
    expect(new Set(items.map((item) => item.sku)).size).toBe(items.length)
    for (const { sku, quantity } of items) {
      expect(sku).toMatch(/^SKU-00(0[1-9]|10)$/)
      expect(quantity).toBeGreaterThan(0)
    }
  }
  expect(orderBodies({ customers: 1, skus: 1, customerSkew: 5, skuSkew: 5 }, seeded(2))().items).toHaveLength(1)
})
