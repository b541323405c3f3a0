import { describe, expect, it } from 'vitest'
import { fetchSpacing, usualSpacing } from './fetch-spacing.ts'

/** So many messages a second, one at a time, until the estimate has settled. */
function spacingAt(perSecond: number): number {
  let now = 0
  const spacing = fetchSpacing(usualSpacing, () => now)
  for (let count = 0; count < perSecond * 30; count++) {
    now += 1_000 / perSecond
    spacing.recordResult(1, false)
  }
  return spacing.ms
}

describe('the time between two fetches', () => {
  it('is short for few messages, grows with their rate, and has a bound', () => {
    expect(spacingAt(2)).toBe(50)
    expect(spacingAt(10)).toBeGreaterThan(100)
    expect(spacingAt(10)).toBeLessThan(160)
    expect(spacingAt(500)).toBe(250)
  })

  it('is short again after a lull', () => {
    let now = 0
    const spacing = fetchSpacing(usualSpacing, () => now)
    spacing.recordResult(1_000, false)
    expect(spacing.ms).toBe(250)
    now += 60_000
    expect(spacing.ms).toBe(50)
  })

  it('is zero while the broker holds more messages of any partition', () => {
    const spacing = fetchSpacing(usualSpacing, () => 0)
    spacing.recordResult(1_000, true)
    spacing.recordResult(1, false)
    expect(spacing.ms).toBe(0)
    spacing.fetching()
    spacing.recordResult(1_000, false)
    expect(spacing.ms).toBe(250)
  })

  it('uses the bounds of background work where no caller waits', () => {
    let now = 0
    const spacing = fetchSpacing({ leastMs: 250, mostMs: 1_000, fullRate: 20 }, () => now)
    spacing.recordResult(1, false)
    expect(spacing.ms).toBe(250)
    for (; now < 30_000; now += 10) spacing.recordResult(1, false)
    expect(spacing.ms).toBe(1_000)
  })

  it('grows where the replica waits for a processor for longer than it has one, to a second', () => {
    let contention = 0
    const spacing = fetchSpacing(usualSpacing, () => 0, { contention: () => contention })
    spacing.recordResult(1_000, false)
    const times = [0, 1, 2, 3.5, 4, 100].map((value) => {
      contention = value
      return spacing.ms
    })
    expect(times).toEqual([250, 250, 500, 875, 1_000, 1_000])
    spacing.recordResult(1, true)
    expect(spacing.ms).toBe(0)
  })

  it('stays as it is where it is longer than a second anyway', () => {
    const spacing = fetchSpacing({ leastMs: 2_000, mostMs: 4_000, fullRate: 20 }, () => 0, { contention: () => 9 })
    expect(spacing.ms).toBe(2_000)
  })
})
