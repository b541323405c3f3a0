import { describe, expect, it } from 'vitest'
import { arrivalRate, withArrivalSample } from './arrival-rate.ts'
import type { ArrivalSample } from './arrival-rate.ts'

function samplesOf(counts: readonly number[]): readonly ArrivalSample[] {
  return counts.reduce<readonly ArrivalSample[]>(
    (samples, arrived, index) => withArrivalSample(samples, { at: index * 5_000, arrived }),
    [],
  )
}
function steady(perSecond: number, samples: number) {
  return Array.from({ length: samples }, (_, i) => i * 5 * perSecond)
}

describe('the rate of arrivals', () => {
  it('is zero before there are two samples', () => {
    expect(arrivalRate([])).toBe(0)
    expect(arrivalRate(samplesOf([7]))).toBe(0)
  })

  it('is the steady rate', () => {
    expect(arrivalRate(samplesOf(steady(100, 30)))).toBe(100)
  })

  it('follows a step of the load completely after fifteen seconds', () => {
    const before = steady(100, 30)
    const last = before.at(-1) ?? 0
    expect(arrivalRate(samplesOf([...before, last + 2_500, last + 5_000, last + 7_500]))).toBe(500)
  })

  it('falls only slowly when the load stops', () => {
    const before = steady(100, 30)
    const last = before.at(-1) ?? 0
    expect(arrivalRate(samplesOf([...before, last, last, last]))).toBeCloseTo(75)
    expect(arrivalRate(samplesOf([...before, ...Array.from({ length: 12 }, () => last)]))).toBe(0)
  })

  it('keeps no more samples than its window needs', () => {
    expect(samplesOf(steady(1, 1_000)).length).toBeLessThanOrEqual(14)
  })

  it('starts again after a topic was recreated', () => {
    expect(arrivalRate(samplesOf([...steady(100, 30), 0, 50]))).toBe(10)
  })
})
