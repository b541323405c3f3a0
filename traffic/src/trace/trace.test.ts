import { expect, test } from 'vitest'
import { day, shape, shapeNames } from './shapes.ts'
import { busiestPerSecond, coarser, endOf, lasting, ordersIn, peaking } from './trace.ts'

const hour = 3_600_000

test.each(shapeNames)('%s lasts as long as requested and reaches the requested maximum', (name) => {
  const trace = shape(name, 200, hour)
  expect(endOf(trace)).toBeCloseTo(hour)
  expect(busiestPerSecond(trace)).toBeGreaterThan(198)
  expect(busiestPerSecond(trace)).toBeLessThanOrEqual(200.001)
  for (const [index, { fromMs }] of trace.entries()) expect(fromMs).toBeCloseTo(trace[index - 1]?.toMs ?? 0)
})

test('a ramp has half the orders of a steady rate, a burst 28 percent', () => {
  const orders = (name: 'ramp' | 'burst' | 'steady') => ordersIn(shape(name, 100, hour)) / (100 * 3_600)
  expect(orders('steady')).toBe(1)
  expect(orders('ramp')).toBeCloseTo(0.5)
  expect(orders('burst')).toBeCloseTo(0.28)
})

test('a day in an hour has the rates of the day', () => {
  const whole = day(100)
  const short = lasting(whole, hour)
  expect(endOf(short)).toBeCloseTo(hour)
  expect(ordersIn(short)).toBeCloseTo(ordersIn(whole) / 24)
  expect(busiestPerSecond(short)).toBeCloseTo(busiestPerSecond(whole), 0)
})

test('another rate changes the number of orders and not their times', () => {
  const trace = [
    { fromMs: 0, toMs: 60_000, orders: 600 },
    { fromMs: 60_000, toMs: 61_000, orders: 50 },
  ]
  const faster = peaking(trace, 100)
  expect(faster.map(({ orders }) => orders)).toEqual([1_200, 100])
  expect(faster.map(({ toMs }) => toMs)).toEqual([60_000, 61_000])
})

test('recorded orders are as busy as their busiest second', () => {
  const singleOrders = [0, 0, 100, 900, 1_500, 1_501].map((at) => ({ fromMs: at, toMs: at, orders: 1 }))
  const trace = singleOrders.map((one, index) => ({ ...one, toMs: singleOrders[index + 1]?.fromMs ?? one.toMs }))
  expect(coarser(trace, 1_000)).toEqual([
    { fromMs: 0, toMs: 1_500, orders: 4 },
    { fromMs: 1_500, toMs: 2_500, orders: 2 },
  ])
  expect(busiestPerSecond(trace)).toBeCloseTo(4 / 1.5)
})
